import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { memorySource, openRolloutSource } from '../source.js'
import { encodeSeekable } from './encode-seekable.js'
import { FramesAhead, type Gate } from './frames-ahead.js'

const groups = Array.from({ length: 10 }, () => ({ bytes: 1024 }))

/** Decoders that are waited for by hand. */
function byHand(gate: Gate = (run) => run(), list: readonly { bytes: number }[] = groups) {
  const begun: number[] = []
  const ends = new Map<number, () => void>()
  const frames = new FramesAhead(
    list,
    (index) => {
      begun.push(index)
      return new Promise((resolve) => {
        ends.set(index, () => resolve(Uint8Array.of(index)))
      })
    },
    gate,
  )
  const take = async (index: number) => {
    const taken = frames.take(index)
    for (let turns = 0; turns < 5 && !ends.has(index); turns += 1) await turn()
    ends.get(index)?.()
    return taken
  }
  const endAll = () => {
    for (const end of ends.values()) end()
  }
  return { frames, begun, take, endAll }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('frames that are decoded ahead', () => {
  it('are the next two of who goes from front to back, each decoded once', async () => {
    const { begun, take } = byHand()
    for (let index = 0; index < 10; index += 1)
      expect(await take(index)).toEqual(Uint8Array.of(index))
    expect([...begun].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('are none for who jumps about', async () => {
    const { begun, take } = byHand()
    for (const index of [5, 2, 8, 3, 7, 1]) await take(index)
    expect(begun).toEqual([5, 2, 8, 3, 7, 1])
  })

  it('are none where one alone fills the room', async () => {
    const large = groups.map(() => ({ bytes: 32 * 1024 * 1024 }))
    const { begun, take } = byHand(undefined, large)
    for (const index of [0, 1, 2, 3]) await take(index)
    expect(begun).toEqual([0, 1, 2, 3])
  })

  it('are decoded in their turn, and not at all where nobody waits for them any more', async () => {
    const waiting: (() => void)[] = []
    const gate: Gate = async (run) => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      return run()
    }
    const { begun, frames, endAll } = byHand(gate)
    const taken = async (index: number, admitted: number) => {
      const content = frames.take(index)
      for (const go of waiting.splice(0, admitted)) go()
      await turn()
      endAll()
      return content
    }
    expect(await taken(0, 1)).toEqual(Uint8Array.of(0))
    expect(waiting).toHaveLength(2)
    expect(await taken(7, 3)).toEqual(Uint8Array.of(7))
    expect(begun).toEqual([0, 7])
    expect(await taken(8, 1)).toEqual(Uint8Array.of(8))
    expect(begun).toEqual([0, 7, 8])
    expect(waiting).toHaveLength(1)
    await frames.end()
    for (const go of waiting) go()
    await turn()
    expect(begun).toEqual([0, 7, 8])
  })

  it('are at their end when the reader is', async () => {
    const { begun, take, frames, endAll } = byHand()
    for (const index of [0, 1]) await take(index)
    expect(begun).toEqual([0, 1, 2, 3])
    let ended = false
    const ending = frames.end().then(() => {
      ended = true
    })
    await turn()
    expect(ended).toBe(false)
    endAll()
    await ending
  })
})

describe('a compressed rollout', () => {
  const content = Buffer.from(
    Array.from({ length: 40_000 }, (_, line) => `{"line":${line},"text":"${line * 7}"}\n`).join(''),
  )

  it('reads the same with frames ahead, in any steps, and meets damage where it lies', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'rollout-ahead-'))
    try {
      const file = path.join(folder, 'rollout.jsonl.zst')
      const parts: Uint8Array[] = []
      const write = async (bytes: Uint8Array) => {
        parts.push(bytes)
      }
      await encodeSeekable(memorySource(content), write, { frameBytes: 64 * 1024 })
      await writeFile(file, Buffer.concat(parts))
      let gated = 0
      const gate: Gate = (run) => {
        gated += 1
        return run()
      }
      for (const step of [1_000, 64 * 1024, 300_001]) {
        const source = (await openRolloutSource(nodeDisk, file, { ahead: gate }))!
        const read: Uint8Array[] = []
        for (let at = 0; at < source.size; at += step) read.push(await source.read(at, step))
        expect(Buffer.concat(read).equals(content)).toBe(true)
        expect((await source.read(10, 5)).length).toBe(5)
        await source.close()
      }
      expect(gated).toBeGreaterThan(3 * 10)
      const stored = Buffer.concat(parts)
      stored[stored.length >> 1]! ^= 0x10
      await writeFile(file, stored)
      const damaged = (await openRolloutSource(nodeDisk, file, { ahead: gate }))!
      let bytes = 0
      const reading = async () => {
        for (let at = 0; at < damaged.size; at += 50_000)
          bytes += (await damaged.read(at, 50_000)).length
      }
      await expect(reading()).rejects.toMatchObject({ code: 'ROLLOUT_ZSTD_DAMAGED' })
      expect(bytes).toBeGreaterThan(content.length / 3)
      await damaged.close()
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
