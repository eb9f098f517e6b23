// What a synced and an unsynced batch are worth, after random histories: told from the batches alone, without a look at
// how the simulated database keeps them.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SimLevel } from './sim-level.js'
import { levelCrashStateCount, levelCrashStates, SimLevelFolder } from './sim-level-folder.js'

const LOG_BYTES_MAX = 60

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constant('unsynced' as const) },
  { weight: 2, arbitrary: fc.constant('synced' as const) },
  { weight: 1, arbitrary: fc.constant('compact' as const) },
  { weight: 1, arbitrary: fc.constant('crash' as const) },
)

const open = (folder: SimLevelFolder): SimLevel<string, string> =>
  new SimLevel<string, string>(folder, {
    keyEncoding: 'utf8',
    valueEncoding: 'utf8',
    logBytesMax: LOG_BYTES_MAX,
  })

/** A batch of two keys, so that half of one can be told. */
const write = (level: SimLevel<string, string>, batch: number, sync: boolean): Promise<void> =>
  level.batch(
    ['a', 'b'].map((half) => ({
      type: 'put' as const,
      key: `${batch}${half}`,
      value: 'v'.repeat(8),
    })),
    { sync } as object,
  )

const batchesIn = (folder: SimLevelFolder): Set<number> => {
  const keys = [...folder.snapshot().keys()]
  const batches = new Set(keys.map((key) => Number.parseInt(key, 10)))
  // Whole or absent.
  expect(keys).toHaveLength(batches.size * 2)
  return batches
}

describe('after a random history', () => {
  it('a synced batch stays, an unsynced one may go, with what is behind it in its log', async () => {
    const met = { states: 0, lost: 0, holes: 0 }
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 3, maxLength: 24 }),
        fc.nat(),
        async (steps, seed) => {
          let folder = new SimLevelFolder()
          let level = open(folder)
          /** Batches that may not go any more, and batches that are there, in order. */
          let safe = new Set<number>()
          let present: number[] = []
          for (const [batch, one] of steps.entries()) {
            if (one === 'crash') {
              const states = [...levelCrashStates(folder, { limit: 8, seed })]
              folder = states[seed % states.length]!
              level = open(folder)
              present = [...batchesIn(folder)].sort((a, b) => a - b)
              safe = new Set(present)
            } else if (one === 'compact') {
              await level.compactRange('0', '9')
              safe = new Set(present)
            } else {
              await write(level, batch, one === 'synced')
              present.push(batch)
              if (one === 'synced') safe.add(batch)
            }
            for (const state of levelCrashStates(folder, { limit: 12, seed: seed + batch })) {
              const there = batchesIn(state)
              met.states += 1
              expect([...safe].filter((known) => !there.has(known))).toEqual([])
              expect([...there].filter((known) => !present.includes(known))).toEqual([])
              const lost = present.filter((known) => !there.has(known))
              if (lost.length > 0) met.lost += 1
              if (lost.some((known) => [...there].some((other) => other > known))) met.holes += 1
            }
          }
        },
      ),
      { numRuns: 80 },
    )
    expect(met.states).toBeGreaterThan(1_000)
    expect(met.lost).toBeGreaterThan(200)
    // A hole is what a full log leaves that nobody synced before the next one began.
    expect(met.holes).toBeGreaterThan(10)
  })

  it('within one log nothing is lost before something that is there', async () => {
    let states = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), async (syncs) => {
        const folder = new SimLevelFolder()
        const level = new SimLevel<string, string>(folder, {
          keyEncoding: 'utf8',
          valueEncoding: 'utf8',
        })
        for (const [batch, sync] of syncs.entries()) await write(level, batch, sync)
        const least = syncs.lastIndexOf(true) + 1
        const lengths = [...levelCrashStates(folder, { limit: 100 })].map((state) => {
          const there = batchesIn(state)
          expect([...there].sort((a, b) => a - b)).toEqual([...there.keys()].map((_, n) => n))
          return there.size
        })
        states += lengths.length
        expect(lengths.sort()).toEqual(
          Array.from({ length: syncs.length - least + 1 }, (_, more) => least + more),
        )
        expect(lengths).toHaveLength(levelCrashStateCount(folder))
      }),
      { numRuns: 100 },
    )
    expect(states).toBeGreaterThan(150)
  })

  it('a compaction that a crash cuts short loses nothing that is synced, and brings nothing back', async () => {
    let instants = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat(4), deletes: fc.boolean() }), {
          minLength: 4,
          maxLength: 20,
        }),
        async (writes) => {
          const folder = new SimLevelFolder()
          const look = (): void => {
            instants += 1
            for (const state of levelCrashStates(folder)) {
              expect(state.snapshot()).toEqual(expected)
            }
          }
          let expected = new Map<string, string>()
          const level = new SimLevel<string, string>(folder, {
            keyEncoding: 'utf8',
            valueEncoding: 'utf8',
            around: async (effect, run) => {
              if (effect === 'compact') look()
              await run()
              if (effect === 'compact') look()
            },
          })
          for (const [number, { key, deletes }] of writes.entries()) {
            const operation = deletes
              ? ({ type: 'del', key: `k${key}` } as const)
              : ({ type: 'put', key: `k${key}`, value: String(number) } as const)
            await level.batch([operation], { sync: true } as object)
            expected = new Map(folder.snapshot())
            if (number % 5 === 4) await level.compactRange('k0', 'k9')
          }
        },
      ),
      { numRuns: 100 },
    )
    expect(instants).toBeGreaterThan(300)
  })
})
