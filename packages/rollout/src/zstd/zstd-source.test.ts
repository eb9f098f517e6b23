import { nodeDisk } from '@cenotaph/storage'
import { decompress } from '@mongodb-js/zstd'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rolloutBytes } from '../rollout.fixture.js'
import { copySource, memorySource } from '../source.js'
import { encodeSeekable } from './encode-seekable.js'
import { parseFrameHeader } from './frame-header.js'
import { readSeekTable } from './seek-table.js'
import { xxh64Low32 } from './xxh64.js'
import {
  handFrame,
  plainFrame,
  repeatingFrame,
  skippableFrame,
  u32,
  withZstd,
} from './zstd.fixture.js'
import { openZstdSource, type SourceLimits } from './zstd-source.js'

async function encoded(content: Uint8Array, frameBytes = 4096): Promise<Buffer> {
  const parts: Uint8Array[] = []
  const write = async (bytes: Uint8Array) => {
    parts.push(bytes)
  }
  const result = await encodeSeekable(memorySource(content), write, { frameBytes })
  const stored = Buffer.concat(parts)
  expect(result).toEqual({ bytes: content.length, compressedBytes: stored.length })
  return stored
}

function readAll(stored: Uint8Array, limits: SourceLimits = {}): Promise<Buffer> {
  return withZstd(stored, limits, async (source) => {
    const parts: Uint8Array[] = []
    const bytes = await copySource(source, async (part) => {
      parts.push(new Uint8Array(part))
    })
    expect(bytes).toBe(source.size)
    return Buffer.concat(parts)
  })
}

const content = rolloutBytes(500)
const equal = (a: Buffer, b: Uint8Array) => expect(a.equals(b)).toBe(true)

describe('the seekable format', () => {
  it('comes back whole, and for any other decoder too', async () => {
    for (const bytes of [content, content.subarray(0, 1), content.subarray(0, 4096)]) {
      const stored = await encoded(bytes)
      equal(await readAll(stored), bytes)
      equal(await decompress(stored), bytes)
    }
  })

  it('holds an empty rollout', async () => {
    const stored = await encoded(Buffer.alloc(0))
    equal(await readAll(stored), Buffer.alloc(0))
    equal(await decompress(stored), Buffer.alloc(0))
  })

  it('has a table with the size and the checksum of each frame, which stand in the frames too', async () => {
    const stored = await encoded(content)
    const readAt = async (offset: number, length: number) =>
      stored.subarray(offset, offset + length)
    const table = (await readSeekTable(readAt, stored.length)) ?? []
    expect(table).toHaveLength(Math.ceil(content.length / 4096))
    let at = 0
    for (const [index, entry] of table.entries()) {
      const part = content.subarray(index * 4096, (index + 1) * 4096)
      expect(entry).toMatchObject({ bytes: part.length, checksum: await xxh64Low32(part) })
      const header = parseFrameHeader(stored.subarray(at))
      expect(header).toMatchObject({ contentBytes: part.length, checksum: true })
      at += entry.compressedBytes
      expect(stored.readUInt32LE(at - 4)).toBe(entry.checksum)
    }
  })

  it('decodes only the frames that a read touches', async () => {
    const stored = await encoded(content)
    stored[20] = (stored[20] ?? 0) ^ 0xff
    await withZstd(stored, {}, async (source) => {
      const bytes = await source.read(8192, 5000)
      equal(Buffer.from(bytes), content.subarray(8192, 13_192))
      await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
    })
  })

  it('refuses frame sizes out of range', async () => {
    for (const frameBytes of [0, 1.5, 2 ** 30]) {
      const call = encodeSeekable(memorySource(content), async () => {}, { frameBytes })
      await expect(call).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    }
  })

  it('reports a failed write and an abort', async () => {
    const failing = encodeSeekable(memorySource(content), () => Promise.reject(new Error('full')), {
      frameBytes: 4096,
    })
    await expect(failing).rejects.toThrow('full')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(encodeSeekable(memorySource(content), async () => {}, { signal })).rejects.toThrow(
      'enough',
    )
  })

  it('detects every flipped bit', async () => {
    const stored = await encoded(content.subarray(0, 2000), 1024)
    for (let bit = 0; bit < stored.length * 8; bit += 1) {
      const flipped = Buffer.from(stored)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const result = await readAll(flipped).catch((error: { code?: string }) => error.code)
      // The table is only a shortcut, and the window size only a bound: such a flip may change nothing.
      if (Buffer.isBuffer(result)) equal(result, content.subarray(0, 2000))
      else expect(result).toMatch(/^ROLLOUT_ZSTD_/)
    }
  })
})

describe('any other .zst', () => {
  it('one frame without a size', async () => {
    const stored = await plainFrame(content)
    equal(await readAll(stored), content)
  })

  it('many frames, cut in the middle of lines, with skippable frames anywhere', async () => {
    const parts: Buffer[] = [skippableFrame(Buffer.from('leading'))]
    for (let at = 0; at < content.length; at += 3333) {
      parts.push(
        await plainFrame(content.subarray(at, at + 3333)),
        skippableFrame(Buffer.alloc(at % 50)),
      )
    }
    const stored = Buffer.concat(parts)
    equal(await readAll(stored), content)
    await withZstd(stored, {}, async (source) => {
      expect(source.size).toBe(content.length)
      equal(Buffer.from(await source.read(5000, 10)), content.subarray(5000, 5010))
      expect(await source.read(content.length, 10)).toHaveLength(0)
      expect(await source.read(content.length + 5, 10)).toHaveLength(0)
    })
  })

  it('one frame and a seek table', async () => {
    const frame = await plainFrame(content)
    const table = Buffer.concat([
      u32(0x184d2a5e),
      u32(17),
      u32(frame.length),
      u32(content.length),
      u32(1),
      Buffer.from([0]),
      u32(0x8f92eab1),
    ])
    equal(await readAll(Buffer.concat([frame, table])), content)
  })

  it('a frame with a size and a checksum', async () => {
    const data = content.subarray(0, 1000)
    const parts = { contentBytes: 1000, blocks: [{ type: 0, size: 1000, data }] } as const
    equal(await readAll(handFrame({ ...parts, checksum: await xxh64Low32(data) })), data)
    const wrong = readAll(handFrame({ ...parts, checksum: 1 }))
    await expect(wrong).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
  })

  it('reads at random as it does in order', async () => {
    const frames = [content.subarray(0, 9000), content.subarray(9000, 9001), content.subarray(9001)]
    const stored = Buffer.concat(await Promise.all(frames.map((frame) => plainFrame(frame))))
    for (const limits of [{}, { maxFrameBytes: 2 << 20 }]) {
      await withZstd(stored, limits, async (source) => {
        const place = fc.tuple(fc.nat(content.length), fc.nat(20_000))
        await fc.assert(
          fc.asyncProperty(fc.array(place, { maxLength: 5 }), async (places) => {
            const reads = places.map(([offset, length]) => source.read(offset, length))
            for (const [index, bytes] of (await Promise.all(reads)).entries()) {
              const [offset, length] = places[index] ?? [0, 0]
              equal(Buffer.from(bytes), content.subarray(offset, offset + length))
            }
          }),
          { numRuns: 50 },
        )
      })
    }
  })
})

describe('a frame too large to hold', () => {
  const limits = { maxFrameBytes: 2 << 20 }
  const big = Buffer.concat(new Array(100).fill(content))

  it('is streamed: forward, backward and at random', async () => {
    expect(big.length).toBeGreaterThan(4 * limits.maxFrameBytes)
    const stored = await plainFrame(big)
    equal(await readAll(stored, limits), big)
    await withZstd(stored, limits, async (source) => {
      expect(source.sequential).toBe(true)
      for (const end of [
        big.length,
        big.length - 3_000_000,
        big.length - 3_100_000,
        70_000,
        4_000_000,
      ]) {
        equal(Buffer.from(await source.read(end - 65_536, 65_536)), big.subarray(end - 65_536, end))
      }
      equal(Buffer.from(await source.read(1000, 5_000_000)), big.subarray(1000, 5_001_000))
    })
  })

  it('is checked against its checksum and its size', async () => {
    const blocks = [{ type: 1, size: 100_000, data: Buffer.from('x') }] as const
    const many = new Array(60).fill(blocks[0])
    const data = Buffer.alloc(6_000_000, 'x')
    const checksum = await xxh64Low32(data)
    const good = handFrame({ blocks: many, contentBytes: data.length, checksum })
    equal(await readAll(good, limits), data)
    const bad = handFrame({ blocks: many, contentBytes: data.length, checksum: 7 })
    await expect(readAll(bad, limits)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
    for (const contentBytes of [data.length + 1, data.length - 1]) {
      const liar = handFrame({ blocks: many, contentBytes })
      await expect(readAll(liar, limits)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
    }
  })
})

describe('damage', () => {
  it('is a file that is cut off anywhere, or followed by garbage', async () => {
    const stored = await plainFrame(content.subarray(0, 2000))
    for (let length = 0; length < stored.length; length += 7) {
      await expect(readAll(stored.subarray(0, length))).rejects.toMatchObject({
        code: 'ROLLOUT_ZSTD_DAMAGED',
      })
    }
    const followed = Buffer.concat([stored, Buffer.from('garbage')])
    await expect(readAll(followed)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
    const cut = skippableFrame(Buffer.alloc(50)).subarray(0, 40)
    await expect(readAll(Buffer.concat([stored, cut]))).rejects.toMatchObject({
      code: 'ROLLOUT_ZSTD_DAMAGED',
    })
  })

  it('is a frame that needs a dictionary, or a block larger than the format allows', async () => {
    const data = content.subarray(0, 10)
    const dictionary = handFrame({ dictionaryId: 9, blocks: [{ type: 0, size: 10, data }] })
    const block = handFrame({ blocks: [{ type: 1, size: 200_000, data: Buffer.from('x') }] })
    for (const stored of [dictionary, block]) {
      await expect(readAll(stored)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
    }
  })

  it('is no file: undefined', async () => {
    expect(await openZstdSource(nodeDisk, '/nowhere/at/all.zst')).toBeUndefined()
  })
})

describe('bombs', () => {
  it('are refused at open when they declare themselves, and when they do not', async () => {
    const declared = repeatingFrame(1600, 1600 * 128 * 1024)
    const silent = repeatingFrame(1600)
    expect(silent.length).toBeLessThan(7000)
    for (const stored of [declared, silent]) {
      await expect(readAll(stored)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_BOMB' })
    }
  })

  it('cannot hide behind a small declared size', async () => {
    const before = process.memoryUsage().arrayBuffers
    for (const stored of [repeatingFrame(100_000, 1000), repeatingFrame(400, 1000)]) {
      await expect(readAll(stored)).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 << 20)
  })

  it('are windows that do not fit in memory', async () => {
    const data = Buffer.from('x')
    const block = { type: 1, size: 100_000, data } as const
    const frame = handFrame({
      windowLog: 30,
      contentBytes: 6_000_000,
      blocks: new Array(60).fill(block),
    })
    const call = readAll(frame, { maxFrameBytes: 1 << 20 })
    await expect(call).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_BOMB' })
  })

  it('are not what a log that repeats itself compresses to', async () => {
    const line = Buffer.from('{"timestamp":"t","ordinal":null,"type":"event_msg","payload":{}}\n')
    const log = Buffer.alloc(40 << 20, line)
    const stored = await plainFrame(log)
    expect(log.length / stored.length).toBeGreaterThan(5000)
    await withZstd(stored, {}, async (source) => expect(source.size).toBe(log.length))
  })

  it('respect a limit on the whole', async () => {
    const stored = await encoded(content)
    const call = readAll(stored, { maxExpandedBytes: content.length - 1 })
    await expect(call).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_BOMB' })
  })
})
