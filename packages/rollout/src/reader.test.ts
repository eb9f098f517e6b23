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
import { readBackward, readForward } from './reader.js'
import { lineBytes, rolloutBytes } from './rollout.fixture.js'
import { memorySource } from './source.js'

describe('reading', () => {
  it('delivers offsets, lengths and exact bytes', async () => {
    const { lines, damage } = await read(join(meta, one, two))
    expect(damage).toEqual([])
    expect(lines.map((line) => line.offset)).toEqual([0, meta.length, meta.length + one.length])
    expect(lines.map((line) => line.length)).toEqual([meta.length, one.length, two.length])
    expect(textOf(lines[1])).toBe(noNewline(one).toString())
    expect(lines[0]).toMatchObject({ type: 'session_meta', explicitOrdinal: true, ordinal: 0 })
    expect(lines[1]?.payloadType).toBe('token_count')
  })

  it('numbers a rollout without ordinals from 0 or from what it is told', async () => {
    const bytes = rolloutBytes(4, null)
    expect(ordinals(await read(bytes))).toEqual([0, 1, 2, 3])
    expect(ordinals(await forward(bytes, { firstOrdinal: 7 }))).toEqual([7, 8, 9, 10])
    expect(ordinals(await backward(bytes, { nextOrdinal: 11 }))).toEqual([10, 9, 8, 7])
    expect(ordinals(await backward(bytes, { firstOrdinal: 7 }))).toEqual([10, 9, 8, 7])
  })

  it('skips blank lines and needs no final newline', async () => {
    const { lines, damage } = await read(join(meta, '\n \t\r\n\n', noNewline(one)))
    expect(damage).toEqual([])
    expect(lines.map((line) => line.length)).toEqual([meta.length, one.length - 1])
  })

  it('stays within the range', async () => {
    const bytes = join(meta, one, two)
    const options = { fromOffset: meta.length, endOffset: meta.length + one.length }
    expect(ordinals(await forward(bytes, options))).toEqual([1])
    expect(ordinals(await backward(bytes, options))).toEqual([1])
    const cut = await forward(bytes, { endOffset: meta.length + 5 })
    expect(ordinals(cut)).toEqual([0])
    expect(cut.damage).toEqual([{ kind: 'torn-tail', offset: meta.length, length: 5 }])
  })

  it('refuses an offset that is none', async () => {
    await expect(forward(meta, { fromOffset: -1 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
    await expect(backward(meta, { endOffset: 1.5 })).rejects.toMatchObject({
      code: 'ARGUMENT_INVALID',
    })
  })

  it('refuses a line above the limit, naming where it begins, in both directions', async () => {
    const long = lineBytes({ ordinal: 1, payload: { type: 'x', text: 'y'.repeat(300_000) } })
    const bytes = join(meta, long, two)
    const error = { code: 'ROLLOUT_LINE_TOO_LONG', detail: { offset: meta.length, limit: 1000 } }
    await expect(forward(bytes, { maxLineBytes: 1000 })).rejects.toMatchObject(error)
    await expect(backward(bytes, { maxLineBytes: 1000 })).rejects.toMatchObject(error)
    const enough = { maxLineBytes: long.length - 1 }
    expect(ordinals(await forward(bytes, enough))).toEqual([0, 1, 2])
    expect(ordinals(await backward(bytes, enough))).toEqual([2, 1, 0])
  })

  it('stops at an abort, with its reason', async () => {
    for (const reader of [readForward, readBackward]) {
      const controller = new AbortController()
      const lines = reader(memorySource(rolloutBytes(100)), { signal: controller.signal })
      await lines.next()
      controller.abort(new Error('enough'))
      await expect(lines.next()).rejects.toThrow('enough')
    }
  })

  it('delivers bytes that nobody else writes to', async () => {
    const bytes = join(meta, one)
    const { lines } = await forward(bytes)
    bytes.fill(0x20)
    expect(textOf(lines[1])).toBe(noNewline(one).toString())
  })

  it('reads the end of a long rollout with few reads', async () => {
    const bytes = rolloutBytes(20_000)
    let readBytes = 0
    const plain = memorySource(bytes)
    const source = {
      ...plain,
      read: (offset: number, length: number) => {
        readBytes += length
        return plain.read(offset, length)
      },
    }
    const last = await readBackward(source).next()
    expect(last.value?.ordinal).toBe(19_999)
    expect(readBytes).toBeLessThanOrEqual(64 * 1024)
  })
})
