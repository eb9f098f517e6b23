import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkItems, prepareLines, RawJson } from './prepared-lines.js'

const options = { mode: 'limited', historyMode: 'paginated', maxLineBytes: 10_000 } as const
const tail = { ordinal: 7, offset: 100, endsWithNewline: true }
const lineOptions = { nowMs: 0, explicitOrdinals: true, needsPreview: false }

describe('items to lines', () => {
  it('keeps the bytes of a raw payload', () => {
    const text = '{"big":12345678901234567890,"one":1.0,"twice":1,"twice":2,"é":"\\u00e9"}'
    const { kept } = checkItems([{ type: 'response_item', payload: new RawJson(text) }], options)
    const lines = prepareLines(kept, tail, lineOptions)
    expect(Buffer.from(lines.bytes).toString()).toBe(
      `{"timestamp":"1970-01-01T00:00:00.000Z","ordinal":7,"type":"response_item","payload":${text}}\n`,
    )
  })

  it('makes one line of any payload', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (payload) => {
        const { kept } = checkItems([{ type: 'own_type', payload }], {
          ...options,
          maxLineBytes: 1e6,
        })
        const text = Buffer.from(prepareLines(kept, tail, lineOptions).bytes).toString()
        expect(text.split('\n')).toHaveLength(2)
        expect(JSON.parse(text).payload).toEqual(JSON.parse(JSON.stringify(payload)))
      }),
    )
  })

  it('turns newlines between the tokens of a raw payload into spaces', () => {
    const { kept } = checkItems(
      [{ type: 'own_type', payload: new RawJson('{\n "a": "b"\r\n}') }],
      options,
    )
    expect(kept[0]!.payload).toBe('{  "a": "b" }')
  })

  it.each([
    ['a cycle', () => Object.assign({}, { self: undefined as unknown })],
    ['a big integer', () => ({ n: 1n })],
    ['an array', () => []],
    ['a text', () => 'text'],
    ['null', () => null],
    ['nothing', () => undefined],
    ['a function', () => () => {}],
    ['raw text that is no JSON', () => new RawJson('{"a":')],
    ['raw text that is no object', () => new RawJson('1')],
  ])('refuses %s as a payload', (name, make) => {
    const payload = make() as { self?: unknown }
    if (name === 'a cycle') payload.self = payload
    expect(() => checkItems([{ type: 'own_type', payload }], options)).toThrowError(
      expect.objectContaining({ code: 'ITEM_INVALID', detail: { index: 0 } }),
    )
  })

  it('refuses an item that makes a line over the limit', () => {
    const payload = { text: 'x'.repeat(10_000) }
    expect(() => checkItems([{ type: 'own_type', payload }], options)).toThrowError(
      expect.objectContaining({ code: 'ITEM_TOO_LARGE' }),
    )
  })

  it('begins with a newline where the rollout ends in a fragment', () => {
    const { kept } = checkItems([{ type: 'own_type', payload: {} }], options)
    const lines = prepareLines(kept, { ...tail, endsWithNewline: false }, lineOptions)
    expect(lines.bytes[0]).toBe(10)
  })

  it('says what the policy dropped', () => {
    const { kept, dropped } = checkItems(
      [
        { type: 'event_msg', payload: { type: 'agent_message_delta', delta: 'x' } },
        { type: 'own_type', payload: {} },
      ],
      options,
    )
    expect(kept).toHaveLength(1)
    expect(dropped).toEqual([{ index: 0, why: expect.stringContaining('policy.') }])
  })
})
