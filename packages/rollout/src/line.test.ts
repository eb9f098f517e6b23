import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldOf, objectFields } from './json-fields.js'
import { encodeLine, payloadText, rewriteSessionMeta } from './line.js'
import { metaBytes, threadB } from './rollout.fixture.js'

const parts = { timestamp: '2026-11-20T15:00:00.000Z', ordinal: 3, type: 'event_msg' }
const base = { thread_id: threadB, end_ordinal_exclusive: 47, end_byte_offset: 55_674 }
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()
const payloadOf = (line: Uint8Array) => JSON.parse(textOf(line)).payload

describe('encodeLine', () => {
  it('writes keys in their order, and no ordinal for a legacy line', () => {
    expect(textOf(encodeLine({ ...parts, payload: '{"a":1.0}' }))).toBe(
      '{"timestamp":"2026-11-20T15:00:00.000Z","ordinal":3,"type":"event_msg","payload":{"a":1.0}}\n',
    )
    expect(textOf(encodeLine({ ...parts, ordinal: null, payload: '1', padding: 2 }))).toBe(
      '{"timestamp":"2026-11-20T15:00:00.000Z","type":"event_msg","payload":1  }\n',
    )
  })

  it('stays one line', () => {
    const line = textOf(encodeLine({ ...parts, payload: '{\r\n  "a": "x\\ny"\n}' }))
    expect(line.indexOf('\n')).toBe(line.length - 1)
    expect(JSON.parse(line).payload).toEqual({ a: 'x\ny' })
  })

  it('keeps unpaired surrogates', () => {
    const line = encodeLine({ ...parts, payload: '{"a":"x\ud800y\udc00😀"}' })
    expect(payloadOf(line)).toEqual({ a: 'x\ud800y\udc00😀' })
  })

  it('refuses a payload that is no JSON and an ordinal that is none', () => {
    for (const payload of ['', '{', 'undefined', '{"a":1}}', '{"a":1},"x":{}']) {
      const call = () => encodeLine({ ...parts, payload })
      expect(call).toThrow(expect.objectContaining({ code: 'ITEM_INVALID' }))
    }
    const call = () => encodeLine({ ...parts, ordinal: -1, payload: '1' })
    expect(call).toThrow(expect.objectContaining({ code: 'ORDINAL_OVERFLOW' }))
  })
})

describe('payloadText', () => {
  it('is the text as stored, whatever JavaScript makes of it', () => {
    for (const payload of [
      '12345678901234567890',
      '{"a":1.0,"a":2,"b":1e400}',
      '"\\u0041\\/"',
      '{ "x" : [ ] }',
      '-0',
    ]) {
      expect(payloadText({ bytes: encodeLine({ ...parts, payload }) })).toBe(payload)
    }
  })

  it('is the last of several, and found under an escaped key', () => {
    expect(payloadText({ bytes: Buffer.from('{"payload":1,"payload":[2]}') })).toBe('[2]')
    expect(payloadText({ bytes: Buffer.from('{"p\\u0061yload": 3 ,"x":"payload"}') })).toBe('3')
  })

  it('survives for any JSON', () => {
    const spaced = fc.tuple(fc.jsonValue(), fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(spaced, ([value, indent]) => {
        const payload = JSON.stringify(value, null, indent).replaceAll('\n', ' ')
        expect(payloadText({ bytes: encodeLine({ ...parts, payload }) })).toBe(payload)
      }),
      { numRuns: 300 },
    )
  })

  it('throws where there is none', () => {
    for (const text of ['{}', '[]', '{"payload":', '']) {
      const call = () => payloadText({ bytes: Buffer.from(text) })
      expect(call).toThrow(expect.objectContaining({ code: 'ITEM_INVALID' }))
    }
  })
})

describe('objectFields', () => {
  it('finds what JSON.parse finds', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (object) => {
        const bytes = Buffer.from(JSON.stringify(object))
        const fields = objectFields(bytes)
        for (const [key, value] of Object.entries(object)) {
          const field = fieldOf(fields, key)
          const text = bytes.toString('utf8', field?.valueStart, field?.valueEnd)
          expect(text).toBe(JSON.stringify(value))
        }
        expect(fields).toHaveLength(Object.keys(object).length)
      }),
    )
  })

  it('is not hurt by depth', () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    expect(objectFields(Buffer.from(deep))).toHaveLength(1)
  })
})

describe('rewriteSessionMeta', () => {
  const odd = Buffer.from(
    '{"timestamp":"t", "ordinal" : 47,"zz":1.0,"type":"session_meta","payload":{"id":"x","n":12345678901234567890,"history_base":{"thread_id":"p","end_ordinal_exclusive":47,"end_byte_offset":1},"n":2},"metadata":{"é":1}}\n',
  )

  it('changes the named fields and no other byte', () => {
    expect(textOf(rewriteSessionMeta(odd, { ordinal: 0 }))).toBe(
      odd.toString().replace('"ordinal" : 47', '"ordinal" : 0'),
    )
    expect(textOf(rewriteSessionMeta(odd, { historyBase: null }))).toBe(
      odd.toString().replace(/"history_base":\{[^}]*\},/, ''),
    )
    expect(textOf(rewriteSessionMeta(odd, { historyBase: base }))).toBe(
      odd.toString().replace(/"history_base":\{[^}]*\}/, `"history_base":${JSON.stringify(base)}`),
    )
    expect(textOf(rewriteSessionMeta(odd, { ordinal: null }))).toBe(
      odd.toString().replace('"ordinal" : 47,', ''),
    )
    expect(textOf(rewriteSessionMeta(odd, {}))).toBe(odd.toString())
  })

  it('adds what is missing, and a newline', () => {
    const legacy = metaBytes(null)
    const line = rewriteSessionMeta(legacy.subarray(0, -1), { ordinal: 5, historyBase: base })
    const value = JSON.parse(textOf(line))
    expect(Object.keys(value)).toEqual(['timestamp', 'ordinal', 'type', 'payload'])
    expect(value.payload.history_base).toEqual(base)
    const back = rewriteSessionMeta(line, { ordinal: null, historyBase: null })
    expect(textOf(back)).toBe(legacy.toString())
  })

  it('removes every member of a key that stands several times, first, last or alone', () => {
    const remove = (text: string) =>
      textOf(rewriteSessionMeta(Buffer.from(text), { ordinal: null }))
    expect(remove('{"ordinal":1,"a":2,"ordinal":3}')).toBe('{"a":2}\n')
    expect(remove('{"ordinal":1}')).toBe('{}\n')
    expect(remove('{"a":2, "ordinal":1 }')).toBe('{"a":2 }\n')
  })

  it('pads or unpads to a length where it can', () => {
    const { length } = odd
    const longer = rewriteSessionMeta(odd, { byteLength: length + 60 })
    expect(longer).toHaveLength(length + 60)
    expect(payloadOf(longer)).toEqual(payloadOf(odd))
    const changed = rewriteSessionMeta(longer, { historyBase: base, byteLength: length + 60 })
    expect(changed).toHaveLength(length + 60)
    expect(payloadOf(changed).history_base).toEqual(base)
    expect(rewriteSessionMeta(odd, { byteLength: 10 })).toHaveLength(length)
    expect(rewriteSessionMeta(longer, { byteLength: length })).toHaveLength(length)
  })

  it('refuses a line that is no record', () => {
    for (const text of ['', 'x', '{"a":1}']) {
      const call = () => rewriteSessionMeta(Buffer.from(text), { historyBase: null })
      expect(call).toThrow(expect.objectContaining({ code: 'ITEM_INVALID' }))
    }
  })
})
