import { PassThrough, Writable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coloursFor } from './colours.js'
import { clipText, escapeText } from './escape.js'
import { shortIds } from './short-ids.js'
import { OutputClosed, Sink } from './sink.js'
import { tableText } from './table.js'
import { countText, relativeTime, sizeText } from './units.js'

describe('escapeText', () => {
  it('shows what a terminal would obey', () => {
    expect(escapeText('a\u001b[2Jb\nc\u202ed\u009be')).toBe(
      'a\\u{001b}[2Jb\\nc\\u{202e}d\\u{009b}e',
    )
    expect(escapeText('smørrebrød 🥪 ’')).toBe('smørrebrød 🥪 ’')
  })

  it('leaves no control character, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(escapeText(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u)
      }),
    )
  })

  it('clips by characters', () => {
    expect(clipText('🥪🥪🥪🥪', 3)).toBe('🥪🥪…')
    expect(clipText('abc', 3)).toBe('abc')
  })
})

describe('units', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1024 * 1024 - 1, '1.0 MiB'],
    [1536 * 1024, '1.5 MiB'],
  ])('%d bytes are %s', (bytes, text) => expect(sizeText(bytes)).toBe(text))

  it.each([
    [0, 'just now'],
    [59_999, 'just now'],
    [60_000, '1 minute ago'],
    [3 * 3_600_000, '3 hours ago'],
    [13 * 86_400_000, '1 week ago'],
    [-2 * 86_400_000, 'in 2 days'],
    [800 * 86_400_000, '2 years ago'],
  ])('%d ms ago is %s', (agoMs, text) => {
    const nowMs = Date.UTC(2026, 4, 5)
    expect(relativeTime(new Date(nowMs - agoMs).toISOString(), nowMs)).toBe(text)
  })

  it('counts', () => {
    expect([0, 1, 2].map((n) => countText(n, 'file'))).toEqual(['0 files', '1 file', '2 files'])
    expect(relativeTime('no time', 0)).toBe('no time')
  })
})

describe('shortIds', () => {
  it('gives each id a prefix that no other id begins with', () => {
    const id = fc.uuid({ version: 7 })
    fc.assert(
      fc.property(fc.uniqueArray(id, { minLength: 1 }), fc.array(id), (shown, known) => {
        const short = shortIds(shown, known)
        const all = new Set([...shown, ...known])
        for (const one of shown) {
          const prefix = short.get(one)!
          expect(prefix.length).toBeGreaterThanOrEqual(8)
          expect([...all].filter((other) => other.startsWith(prefix))).toEqual([one])
        }
      }),
    )
  })

  it('tells ids of the same instant apart', () => {
    const [a, b] = ['019ceb30-0000-7000-8000-000000000001', '019ceb30-0000-7000-8000-000000000002']
    expect([...shortIds([a], [b]).values()]).toEqual([a])
    expect([...shortIds([a]).values()]).toEqual(['019ceb30-0000'])
  })
})

describe('tableText', () => {
  it('aligns columns and leaves no space at the ends of lines', () => {
    const text = tableText(
      [{ title: 'NAME' }, { title: 'SIZE', align: 'right' }, { title: 'STATE' }],
      [
        ['a', '1 B', 'active'],
        ['日本', '10.0 KiB', ''],
      ],
      coloursFor(false, {}),
    )
    expect(text).toBe('NAME      SIZE  STATE\na          1 B  active\n日本  10.0 KiB')
  })
})

describe('coloursFor', () => {
  it('needs a terminal and obeys NO_COLOR', () => {
    const coloured = (isTerminal: boolean, environment: Record<string, string>): boolean =>
      coloursFor(isTerminal, environment).red('x') !== 'x'
    expect(coloured(true, {})).toBe(true)
    expect(coloured(true, { NO_COLOR: '' })).toBe(true)
    expect(coloured(true, { NO_COLOR: '1' })).toBe(false)
    expect(coloured(true, { TERM: 'dumb' })).toBe(false)
    expect(coloured(false, { FORCE_COLOR: '1', CI: '1' })).toBe(false)
  })
})

describe('Sink', () => {
  it('waits for a slow reader and loses nothing', async () => {
    const stream = new PassThrough({ highWaterMark: 4 })
    const sink = new Sink(stream)
    let read = ''
    const reading = (async () => {
      for await (const chunk of stream) read += String(chunk)
    })()
    for (let index = 0; index < 50; index += 1) await sink.write(`${index},`)
    stream.end()
    await reading
    expect(read).toBe(Array.from({ length: 50 }, (_, index) => `${index},`).join(''))
  })

  it.each([
    ['EPIPE', OutputClosed],
    ['EIO', Error],
  ])('fails the next write after %s', async (code, type) => {
    const stream = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })),
    })
    const sink = new Sink(stream)
    await sink.write('lost').catch(() => undefined)
    await new Promise((resolve) => setImmediate(resolve))
    const error = await sink.write('more').catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(type)
    expect(error instanceof OutputClosed).toBe(code === 'EPIPE')
  })
})
