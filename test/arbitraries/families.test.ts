// A delete of any member of any family leaves exactly what the model says: who goes along, who stays, what they read, what
// is listed. And whoever goes on deleting has an empty store in the end.

import {
  compareStore,
  explains,
  type Family,
  families,
  forkTrees,
  modelIds,
  outcomeOf,
  plantFamily,
  spawnTrees,
  type ThreadModel,
  type WholeThreadStore,
  whatIsSupported,
} from '@cenotaph/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seed, TIMEOUT_MS } from '../model/given.js'
import { inMemory, onMachine } from '../model/systems.js'

const RUNS = Number(process.env.CENOTAPH_RUNS ?? 40)
const modes = ['refuse', 'detach', 'cascade'] as const
type Mode = (typeof modes)[number]

const supports = whatIsSupported()

/** How many died; undefined for a refusal, which the model wants too. */
async function deleted(
  store: WholeThreadStore,
  model: ThreadModel,
  id: string,
  forks: Mode,
): Promise<number | undefined> {
  const outcome = await outcomeOf(async () => {
    const { threadIds } = await store.deleteThreads([id], { forks })
    return [...threadIds].sort()
  })
  const before = model.dead.size
  const said = model.delete([id], forks)
  expect({ outcome, isRight: explains(said, outcome) }).toEqual({ outcome, isRight: true })
  return outcome.code === undefined ? model.dead.size - before : undefined
}

async function withFamily(
  open: typeof inMemory | typeof onMachine,
  family: Family,
  run: (
    store: () => WholeThreadStore,
    model: ThreadModel,
    reopen: () => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  const system = await open()
  const store = () => system.store as WholeThreadStore
  try {
    const model = await plantFamily(store(), family)
    await run(store, model, () => system.reopen())
  } finally {
    await system.close()
  }
}

describe('a delete of any member leaves what the model says', () => {
  it.each([
    ['a spawn tree', spawnTrees()],
    ['a fork tree', forkTrees()],
    ['a family', families()],
  ])(
    'of %s',
    async (name, arbitrary) => {
      const counts = { deletes: 0, refused: 0, died: 0 }
      const program = fc.record({ family: arbitrary, forks: fc.constantFrom(...modes) })
      await fc.assert(
        fc.asyncProperty(program, async ({ family, forks }) => {
          for (const id of modelIds.slice(0, family.length))
            await withFamily(inMemory, family, async (store, model) => {
              const died = await deleted(store(), model, id, forks)
              await compareStore(store(), [model], supports, { verify: false })
              counts.deletes += 1
              if (died === undefined) counts.refused += 1
              else counts.died += died
            })
        }),
        { seed, numRuns: RUNS },
      )
      console.info(`families: ${name}, ${JSON.stringify(counts)}`)
      expect(counts.deletes).toBeGreaterThan(RUNS * 3)
      expect(counts.died).toBeGreaterThan(counts.deletes - counts.refused)
      if (name !== 'a spawn tree') expect(counts.refused).toBeGreaterThan(RUNS / 10)
    },
    TIMEOUT_MS,
  )

  it(
    'one after the other, with power lost between them, until nobody is left',
    async () => {
      let deletes = 0
      const order = fc.array(fc.nat(99), { minLength: 14, maxLength: 14 })
      await fc.assert(
        fc.asyncProperty(families(), order, async (family, places) => {
          await withFamily(onMachine, family, async (store, model, reopen) => {
            for (const place of places) {
              const living = [...model.threads.keys()]
              if (living.length === 0) break
              await deleted(store(), model, living[place % living.length]!, modes[1 + (place % 2)]!)
              await reopen()
              await compareStore(store(), [model], supports, { verify: false })
              deletes += 1
            }
            expect(model.threads.size).toBe(0)
            expect((await store().verify()).problems).toEqual([])
          })
        }),
        { seed, numRuns: RUNS },
      )
      expect(deletes).toBeGreaterThan(RUNS * 2)
    },
    TIMEOUT_MS,
  )
})
