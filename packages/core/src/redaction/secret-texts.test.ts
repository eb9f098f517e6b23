import { describe, expect, it } from 'vitest'
import { SecretTexts } from './secret-texts.js'

const textsOf = (...payloads: unknown[]): SecretTexts => {
  const texts = new SecretTexts()
  for (const payload of payloads) texts.addPayload(payload)
  return texts
}

const repeats = (texts: SecretTexts, text: string): boolean =>
  texts.areRepeatedIn(Buffer.from(text))

describe('SecretTexts', () => {
  const secret = 'The passphrase is "correct horse battery staple", mind you.'
  const texts = textsOf({ type: 'message', content: [{ type: 'input_text', text: secret }] })

  it('finds 16 bytes in a row, wherever they begin, and no fewer', () => {
    for (let at = 0; at + 16 <= secret.length; at += 1) {
      expect(repeats(texts, `|${secret.slice(at, at + 16)}|`)).toBe(true)
      expect(repeats(texts, `|${secret.slice(at, at + 15)}|`)).toBe(false)
    }
  })

  it('finds them as they stand inside of JSON', () => {
    expect(repeats(texts, JSON.stringify({ note: 'is "correct horse' }))).toBe(true)
  })

  it('takes a short text whole, unless it is a word', () => {
    const short = textsOf({ a: 'hunter2-2041', b: 'garden-plan' })
    expect(repeats(short, 'say hunter2-2041!')).toBe(true)
    expect(repeats(short, 'say hunter2-204!')).toBe(false)
    expect(repeats(short, 'a garden-plan')).toBe(false)
  })

  it('knows a name that comes from them, also a short one', () => {
    expect(texts.include('correct horse')).toBe(true)
    expect(texts.include('horses')).toBe(false)
    expect(texts.include('holiday plans for July')).toBe(false)
  })

  it('passes over kinds, ids, times, and what is kept elsewhere', () => {
    const id = '01900000-0000-7000-8000-000000000001'
    const common = textsOf({
      type: 'a kind of more than sixteen bytes',
      turn_id: 'turn-of-more-than-sixteen-bytes',
      thread_id: id,
      at: '2026-11-18T10:20:30.000Z',
      command: 'ls /home/ada/projects/garden',
    })
    common.keep('/home/ada/projects/garden')
    for (const text of [
      'a kind of more than sixteen bytes',
      'turn-of-more-than-sixteen-bytes',
      id,
      '2026-11-18T10:20:30.000Z',
      '{"cwd":"/home/ada/projects/garden"}',
    ])
      expect(repeats(common, text)).toBe(false)
    expect(repeats(common, 'ls /home/ada/projects/garden')).toBe(true)
  })

  it('finds nothing where there is nothing', () => {
    expect(repeats(textsOf(null, 7, {}, []), secret)).toBe(false)
    expect(repeats(texts, '')).toBe(false)
  })
})
