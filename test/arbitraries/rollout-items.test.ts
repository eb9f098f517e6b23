// Items of any kind and any text are read back as they were said: at once, after the power is gone, and out of a compressed
// rollout.

import type { ThreadStore } from '@cenotaph/core'
import { modelIds, type ReadItem, rolloutItems } from '@cenotaph/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed, TIMEOUT_MS } from '../model/given.js'
import { onMachine } from '../model/systems.js'

const RUNS = Number(process.env.CENOTAPH_RUNS ?? 150)
const [id] = modelIds as [string]

const saidIn = async (items: AsyncIterable<ReadItem>) => {
  const read: { type: string; payload: unknown }[] = []
  for await (const { type, payload } of items)
    if (type !== 'session_meta') read.push({ type, payload })
  return read
}

describe('items of every kind', () => {
  it(
    'are read back as they were said',
    async () => {
      let items = 0
      let dropped = 0
      const batches = fc.array(fc.array(rolloutItems(), { maxLength: 6 }), { maxLength: 4 })
      await fc.assert(
        fc.asyncProperty(batches, async (said) => {
          const machine = await onMachine()
          try {
            const store = machine.store as ThreadStore
            await store.createThread({ threadId: id })
            const kept: { type: string; payload: unknown }[] = []
            for (const batch of said) {
              const result = await store.appendItems(id, batch)
              const gone = new Set(result.dropped.map(({ index }) => index))
              expect(result.written + gone.size).toBe(batch.length)
              kept.push(...batch.filter((_, index) => !gone.has(index)))
              items += batch.length
              dropped += gone.size
            }
            expect(await saidIn(store.listItems(id))).toEqual(kept)
            await machine.reopen()
            const after = machine.store as ThreadStore
            expect(await saidIn(after.listItems(id))).toEqual(kept)
            const backward = await saidIn(after.listItems(id, { reverse: true }))
            expect(backward.reverse()).toEqual(kept)
          } finally {
            await machine.close()
          }
        }),
        { seed, numRuns: RUNS },
      )
      console.info(`items: ${items}, ${dropped} of them are not kept by the policy`)
      expect(items).toBeGreaterThan(RUNS * 3)
      expect(dropped).toBeGreaterThan(0)
      expect(dropped).toBeLessThan(items / 2)
    },
    TIMEOUT_MS,
  )

  it(
    'are not changed by a compression',
    async () => {
      let compressed = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(rolloutItems({ maxLength: 400 }), { minLength: 10 }),
          async (said) => {
            const machine = await onMachine()
            try {
              const store = machine.store as ThreadStore
              await store.createThread({ threadId: id })
              await store.appendItems(id, said)
              const before = await saidIn(store.listItems(id))
              compressed += (await store.compressThreads([id])).compressed.length
              expect(await saidIn(store.listItems(id))).toEqual(before)
            } finally {
              await machine.close()
            }
          },
        ),
        { seed, numRuns: Math.ceil(RUNS / 5) },
      )
      expect(compressed).toBeGreaterThan(RUNS / 10)
    },
    TIMEOUT_MS,
  )
})
