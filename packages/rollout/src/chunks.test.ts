import { describe, expect, it } from 'vitest'
import { chunkBytes, chunksForward } from './chunks.js'
import { memorySource, type RolloutSource } from './source.js'

const content = Buffer.alloc(5 * 1024 * 1024 + 7, 'what is read in chunks is read whole, ')

/** Counts reads, those that are under way, and the bytes that were asked for. */
function watched(inner: RolloutSource): { source: RolloutSource; seen: Seen } {
  const seen: Seen = { reads: 0, underWay: 0, underWayMax: 0, bytes: 0 }
  const source: RolloutSource = {
    ...inner,
    async read(offset, length) {
      seen.reads += 1
      seen.underWay += 1
      seen.underWayMax = Math.max(seen.underWayMax, seen.underWay)
      seen.bytes += length
      await new Promise((resolve) => setImmediate(resolve))
      seen.underWay -= 1
      return inner.read(offset, length)
    },
  }
  return { source, seen }
}

interface Seen {
  reads: number
  underWay: number
  underWayMax: number
  bytes: number
}

describe('chunks', () => {
  it('are the range, in order, each read once', async () => {
    const { source, seen } = watched(memorySource(content))
    for (const [start, end] of [
      [0, content.length],
      [1, content.length - 1],
      [100, 100],
      [chunkBytes, 2 * chunkBytes],
    ] as const) {
      const before = seen.bytes
      const parts: Buffer[] = []
      let at = start
      for await (const { offset, bytes } of chunksForward(source, { start, end })) {
        expect(offset).toBe(at)
        at += bytes.length
        parts.push(Buffer.from(bytes))
      }
      expect(Buffer.concat(parts).equals(content.subarray(start, end))).toBe(true)
      expect(seen.bytes - before).toBe(end - start)
    }
    expect(seen.underWayMax).toBe(1)
  })

  it('cost one small read where one is taken, and leave nothing under way', async () => {
    const { source, seen } = watched(memorySource(content))
    for await (const _chunk of chunksForward(source, { start: 0, end: content.length })) break
    expect(seen).toMatchObject({ reads: 1, bytes: chunkBytes })
    let taken = 0
    for await (const _chunk of chunksForward(source, { start: 0, end: content.length })) {
      taken += 1
      if (taken === 3) break
    }
    expect(seen.underWay).toBe(0)
    expect(seen.reads).toBe(1 + 4)
  })

  it('tell of a failure where it lies, and no earlier', async () => {
    const inner = memorySource(content)
    const failing: RolloutSource = {
      ...inner,
      read: async (offset, length) => {
        if (offset + length > 1_000_000) throw new Error('a bad block')
        return inner.read(offset, length)
      },
    }
    let bytes = 0
    const reading = async () => {
      for await (const chunk of chunksForward(failing, { start: 0, end: content.length }))
        bytes += chunk.bytes.length
    }
    await expect(reading()).rejects.toThrow('a bad block')
    expect(bytes).toBeGreaterThan(400_000)
    const short: RolloutSource = { ...inner, size: content.length + 10 }
    const all = async () => {
      for await (const _chunk of chunksForward(short, { start: 0, end: short.size }));
    }
    await expect(all()).rejects.toMatchObject({ code: 'ROLLOUT_SHORT' })
  })

  it('end with the signal', async () => {
    const stop = new AbortController()
    const reading = async () => {
      const range = { start: 0, end: content.length, signal: stop.signal }
      for await (const { offset } of chunksForward(memorySource(content), range))
        if (offset > 0) stop.abort(new Error('enough'))
    }
    await expect(reading()).rejects.toThrow('enough')
  })
})
