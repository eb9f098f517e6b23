import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  backward,
  forward,
  join,
  meta,
  noNewline,
  one,
  ordinals,
  read,
  textOf,
  two,
} from './reader.fixture.js'
import { lineBytes, metaBytes } from './rollout.fixture.js'
import { memorySource } from './source.js'
import { summarise } from './summary.js'

describe('damage', () => {
  it('torn tail: what follows the last newline and is no record', async () => {
    const { lines, damage } = await read(join(meta, one, two.subarray(0, 20)))
    expect(lines).toHaveLength(2)
    expect(damage).toEqual([{ kind: 'torn-tail', offset: meta.length + one.length, length: 20 }])
  })

  it('splice: a fragment and a record on one line', async () => {
    const fragment = one.subarray(0, 33)
    const { lines, damage } = await read(join(meta, fragment, one, two))
    expect(ordinals({ lines, damage })).toEqual([0, 1, 2])
    expect(damage).toEqual([{ kind: 'splice', offset: meta.length, length: 33 }])
    expect(lines[1]).toMatchObject({ offset: meta.length + 33, length: one.length })
  })

  it('splice: two records without a newline between', async () => {
    const { lines, damage } = await read(join(meta, noNewline(one), two))
    expect(lines.map((line) => line.length)).toEqual([meta.length, one.length - 1, two.length])
    const seam = meta.length + one.length - 1
    expect(damage).toEqual([{ kind: 'splice', offset: seam, length: 0 }])
  })

  it('splice: a record and the start of another behind it', async () => {
    const tail = join(noNewline(one), two.subarray(0, 9))
    const ended = await read(join(meta, tail, '\n'))
    const offset = meta.length + one.length - 1
    expect(ended.damage).toEqual([{ kind: 'splice', offset, length: 9 }])
    const open = await read(join(meta, tail))
    expect(open.damage).toEqual([{ kind: 'torn-tail', offset, length: 9 }])
    expect(ordinals(open)).toEqual([0, 1])
  })

  it('splice: a record torn at any byte hides nothing of the next', async () => {
    const payload = { type: 'x', text: 'a "quoted" {brace} \\ é', list: [{ a: 1 }, [], null, 1.5] }
    for (const ordinal of [1, null]) {
      const whole = lineBytes({ ordinal, payload })
      for (let cut = 1; cut < whole.length - 1; cut += 1) {
        const bytes = join(metaBytes(ordinal === null ? null : 0), whole.subarray(0, cut), whole)
        const { lines, damage } = await forward(bytes)
        const found = lines.map((line) => Buffer.from(line.bytes).toString())
        expect(found.slice(1), `cut at ${cut}`).toEqual(
          cut === whole.length - 1
            ? [noNewline(whole).toString(), noNewline(whole).toString()]
            : [noNewline(whole).toString()],
        )
        expect(damage[0]).toMatchObject({ kind: 'splice', length: cut })
      }
    }
  })

  it('does not take an object inside a torn record for a record', async () => {
    const inner = { timestamp: 'then', ordinal: 700, type: 'event_msg', payload: { type: 'x' } }
    const whole = lineBytes({ ordinal: 1, payload: { type: 'result', lines: [inner, inner] } })
    for (let cut = 1; cut < whole.length - 1; cut += 1) {
      const { lines } = await forward(join(meta, whole.subarray(0, cut), '\n', two))
      expect(ordinals({ lines, damage: [] }), `cut at ${cut}`).toEqual([0, 2])
    }
  })

  it('zero bytes: reported as a run, records around them delivered', async () => {
    const { lines, damage } = await read(
      join(meta, Buffer.alloc(200_000), one, noNewline(two), '\0\0\n'),
    )
    expect(ordinals({ lines, damage })).toEqual([0, 1, 2])
    expect(damage).toEqual([
      { kind: 'nul-run', offset: meta.length, length: 200_000 },
      { kind: 'nul-run', offset: meta.length + 200_000 + one.length + two.length - 1, length: 2 },
    ])
  })

  it('zero bytes at the end do not count as a line, however many', async () => {
    const bytes = join(meta, Buffer.alloc(500_000))
    for (const direction of [forward, backward]) {
      const { lines, damage } = await direction(bytes, { maxLineBytes: 1000 })
      expect(lines).toHaveLength(1)
      expect(damage).toEqual([{ kind: 'nul-run', offset: meta.length, length: 500_000 }])
    }
  })

  it('invalid UTF-8: delivered with its bytes, and reported', async () => {
    const bad = lineBytes({ ordinal: 1, payload: { type: 'x', text: 'ab____cd' } })
    const at = bad.indexOf('____')
    bad.set([0xff, 0x41, 0xc3, 0x28], at)
    const { lines, damage } = await read(join(meta, bad, two))
    expect(damage).toEqual([{ kind: 'invalid-utf8', offset: meta.length + at, length: 3 }])
    expect(lines[1]?.value.payload).toEqual({ type: 'x', text: 'ab\ufffdA\ufffd(cd' })
    expect(Buffer.from(lines[1]?.bytes ?? []).equals(noNewline(bad))).toBe(true)
  })

  it('byte order mark: left out and reported', async () => {
    const { lines, damage } = await read(join('\ufeff', meta, one))
    expect(damage).toEqual([{ kind: 'bom', offset: 0, length: 3 }])
    expect(lines[0]).toMatchObject({ offset: 3, length: meta.length })
  })

  it('carriage returns: left out and reported', async () => {
    const { lines, damage } = await read(join(noNewline(meta), '\r\n', one))
    expect(damage).toEqual([{ kind: 'crlf', offset: meta.length - 1, length: 1 }])
    expect(lines[0]?.length).toBe(meta.length + 1)
    expect(textOf(lines[0])).toBe(noNewline(meta).toString())
  })

  it('lines that are no JSON or no record', async () => {
    const { lines, damage } = await read(join(meta, 'garbage\n', '{"type":"x"}\n', '[1]\n', one))
    expect(ordinals({ lines, damage })).toEqual([0, 1])
    const at = meta.length
    expect(damage).toEqual([
      { kind: 'not-json', offset: at, length: 7 },
      { kind: 'not-a-record', offset: at + 8, length: 12 },
      { kind: 'not-a-record', offset: at + 21, length: 3 },
    ])
  })

  it('ordinals that repeat, skip, go back or are absent', async () => {
    const line = (ordinal: number | null) => lineBytes({ ordinal })
    const bytes = join(meta, line(0), line(5), line(3), line(null), line(5))
    const result = await read(bytes)
    expect(ordinals(result)).toEqual([0, 0, 5, 3, 4, 5])
    const places = result.lines.map(({ offset, length }) => ({ offset, length }))
    expect(result.damage).toEqual([
      { kind: 'duplicate-ordinal', ...places[1] },
      { kind: 'missing-ordinal', ...places[2] },
      { kind: 'reused-ordinal', ...places[3] },
      { kind: 'ordinal-absent', ...places[4] },
    ])
  })

  it('an ordinal that JavaScript cannot hold counts as absent', async () => {
    const huge = Buffer.from(
      one.toString().replace('"ordinal":1', '"ordinal":12345678901234567890'),
    )
    const result = await read(join(meta, huge))
    expect(ordinals(result)).toEqual([0, 1])
    expect(result.damage).toMatchObject([{ kind: 'ordinal-absent', offset: meta.length }])
  })
})

describe('damage, anywhere', () => {
  const payload = fc.record({ type: fc.string(), value: fc.jsonValue({ maxDepth: 2 }) })
  const junk = fc.oneof(
    fc.constant(Buffer.from('\n')),
    fc.constant(Buffer.from('\r\n')),
    fc.integer({ min: 1, max: 300 }).map((length) => Buffer.alloc(length)),
    // A line that begins with `,` or `]` would continue what is before it: behind a fragment, that makes it the fragment's.
    fc.string({ minLength: 1 }).map((text) => Buffer.from(`${text.replace(/[\n{}\],]/g, '~')}\n`)),
    fc
      .uint8Array({ minLength: 1, maxLength: 8 })
      .map((bytes) => join(Buffer.from(bytes.map((byte) => byte | 0x80)), '\n')),
    fc.tuple(payload, fc.nat()).map(([value, cut]) => {
      const line = noNewline(lineBytes({ ordinal: null, payload: value }))
      return line.subarray(0, 1 + (cut % (line.length - 1)))
    }),
  )
  const part = fc.record({
    payload,
    explicit: fc.boolean(),
    newline: fc.boolean(),
    junk: fc.option(junk),
  })

  it('loses no complete record, and both directions agree', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 12 }), fc.boolean(), async (parts, legacy) => {
        const written: string[] = []
        const pieces: Buffer[] = []
        for (const [
          index,
          { payload: value, explicit, newline, junk: before },
        ] of parts.entries()) {
          const ordinal = legacy || !explicit ? null : index
          const line = lineBytes({ ordinal, payload: value })
          written.push(noNewline(line).toString())
          if (before) pieces.push(before)
          pieces.push(newline ? line : noNewline(line))
        }
        const { lines } = await read(Buffer.concat(pieces))
        expect(lines.map((line) => Buffer.from(line.bytes).toString())).toEqual(written)
      }),
      { numRuns: 300 },
    )
  })

  it('never fails and agrees in both directions on arbitrary bytes', async () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      ':',
      ',',
      '\\',
      '\n',
      '\r',
      '\0',
      ' ',
      '"type":"a"',
      '"payload":1',
      '{"timestamp":"t","type":"a","payload":{}}',
      '\u00e9',
      '7',
    )
    await fc.assert(
      fc.asyncProperty(fc.array(token, { maxLength: 40 }), async (tokens) => {
        const bytes = Buffer.from(tokens.join(''))
        await read(bytes)
        const { nextOrdinal, damageCount } = await summarise(memorySource(bytes))
        const back = await backward(bytes, { nextOrdinal })
        expect(back.lines.toReversed()).toEqual((await forward(bytes)).lines)
        expect(damageCount).toBeGreaterThanOrEqual(back.damage.length)
      }),
      { numRuns: 500 },
    )
  })
})
