// A redacted record keeps its length and its skeleton, whatever it held, and loses everything else.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRedacted, redactRecord } from './redact-record.js'

const redact = (text: string): string => {
  const bytes = redactRecord(Buffer.from(text))
  expect(bytes.length).toBe(Buffer.from(text).length)
  return Buffer.from(bytes).toString()
}

describe('redactRecord', () => {
  it('keeps timestamp, ordinal, type, payload type and turn id, in the same length', () => {
    const text = redact(
      '{"timestamp":"2026-11-18T10:20:30.000Z","ordinal":7,"type":"event_msg","payload":{"type":"user_message","turn_id":"t-1","message":"sécret","n":12345678901234567890}}',
    )
    expect(text).not.toContain('cret')
    expect(JSON.parse(text)).toEqual({
      timestamp: '2026-11-18T10:20:30.000Z',
      ordinal: 7,
      type: 'event_msg',
      payload: { type: 'user_message', turn_id: 't-1' },
    })
    expect(isRedacted(Buffer.from(text))).toBe(true)
  })

  it('takes members that the format does not know, and kept ones of another shape', () => {
    const secret = 'my secret is here'
    const text = redact(
      JSON.stringify({
        note: secret,
        timestamp: secret,
        type: 'x',
        payload: { type: secret, turn_id: { secret } },
      }),
    )
    expect(JSON.parse(text)).toEqual({ type: 'x', payload: {} })
  })

  it.each([
    ['{"type":"a","payload":{}}', {}],
    ['{"type":"a","payload":5}', 0],
    ['{"type":"a","payload":[]}', {}],
    ['{"type":"a","payload":"x"}', {}],
    ['{"payload":{"type":"b","turn_id":"t"},"type":"a"}', { type: 'b', turn_id: 't' }],
  ])('fits %s', (text, payload) => {
    expect(JSON.parse(redact(text)).payload).toEqual(payload)
  })

  it('fits every record, and a second time changes nothing', () => {
    fc.assert(
      fc.property(
        fc.record({ type: fc.string(), payload: fc.jsonValue() }),
        fc.dictionary(fc.string(), fc.jsonValue()),
        (record, more) => {
          const bytes = Buffer.from(JSON.stringify({ ...more, ...record }))
          const once = redactRecord(bytes)
          expect(once.length).toBe(bytes.length)
          expect(typeof JSON.parse(Buffer.from(once).toString()).type).toBe('string')
          expect(Buffer.from(redactRecord(once))).toEqual(Buffer.from(once))
        },
      ),
    )
  })
})
