import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { checksumOf, extendChecksum, tallied } from './checksum.js'
import { lineBytes, rolloutBytes } from './rollout.fixture.js'
import { memorySource, type RolloutSource } from './source.js'
import { summarise } from './summary.js'

const bytes = rolloutBytes(300)

/** Counts the bytes that are read. */
function counted(of: Uint8Array): { source: RolloutSource; read: () => number } {
  const source = memorySource(of)
  let read = 0
  return {
    source: {
      ...source,
      async read(offset, length) {
        const found = await source.read(offset, length)
        read += found.length
        return found
      },
    },
    read: () => read,
  }
}

describe('the checksum of a rollout', () => {
  it('is CRC-32 over all of it, at once or piece by piece', async () => {
    expect(await checksumOf(memorySource(bytes))).toBe(crc32(bytes))
    expect(await checksumOf(memorySource(Buffer.alloc(0)))).toBe(0)
    let grown = 0
    for (let at = 0; at < bytes.length; at += 1_000)
      grown = extendChecksum(grown, bytes.subarray(at, at + 1_000))
    expect(grown).toBe(crc32(bytes))
  })

  it('costs no second reading where somebody reads in order', async () => {
    const { source, read } = counted(bytes)
    const tally = tallied(source)
    for (let at = 0; at < bytes.length; at += 777) await tally.source.read(at, 777)
    expect(await tally.checksum()).toBe(crc32(bytes))
    expect(read()).toBe(bytes.length)
  })

  it('is right however it is read: gaps, repeats, overlaps, backwards, parts only', async () => {
    for (const reads of [
      [[500, 100]],
      [
        [0, 400],
        [0, 400],
        [300, 400],
        [900, 50],
      ],
      [
        [bytes.length - 10, 100],
        [0, bytes.length],
      ],
    ]) {
      const tally = tallied(memorySource(bytes))
      for (const [offset = 0, length = 0] of reads) await tally.source.read(offset, length)
      expect(await tally.checksum()).toBe(crc32(bytes))
    }
    const part = tallied(memorySource(bytes), { start: 100, end: 900 })
    await part.source.read(0, bytes.length)
    expect(await part.checksum()).toBe(crc32(bytes.subarray(100, 900)))
  })

  it('of a source that ends before its size is an error, and no endless loop', async () => {
    const source = { ...memorySource(bytes), size: bytes.length + 1 }
    await expect(checksumOf(source)).rejects.toMatchObject({ code: 'ROLLOUT_SHORT' })
  })
})

describe('a summary', () => {
  it('has the checksum of its range, damage and torn end included, and reads it once', async () => {
    const damaged = Buffer.concat([
      bytes,
      Buffer.from('{"half":\n\0\0\0\n'),
      lineBytes({ ordinal: 9 }),
    ])
    const torn = damaged.subarray(0, damaged.length - 7)
    const { source, read } = counted(torn)
    expect((await summarise(source)).crc32).toBe(crc32(torn))
    // The last byte is looked at once more.
    expect(read()).toBeLessThanOrEqual(torn.length + 1)
    const first = bytes.indexOf(10) + 1
    const range = { fromOffset: first, endOffset: bytes.length - 1 }
    expect((await summarise(memorySource(bytes), range)).crc32).toBe(
      crc32(bytes.subarray(first, bytes.length - 1)),
    )
  })
})
