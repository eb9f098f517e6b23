// Random programs of every operation, run against the engine and against a model of it: on a simulated machine that
// loses power between calls, and in memory.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  type ModelFactory,
  newMachine,
  portsOf,
  powerLost,
  threadStoreModel,
  type WholeThreadStore,
} from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { modelPrograms } from '../support/regressions.js'

const options = { ballastBytes: 512, quietMs: 3_600_000, bufferedMs: 3_600_000 }
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_301)
const path = process.env.CENOTAPH_PATH
const RUNS = Number(process.env.CENOTAPH_RUNS ?? 500)
/** Nothing here depends on how long it takes. */
const TIMEOUT_MS = 600_000

/** Opening again is a crash: of what was not made durable nothing stays. */
const onSimulatedMachine: ModelFactory = {
  async open() {
    let machine = newMachine()
    const open = () =>
      openThreadStore('/store', {
        ...options,
        ...portsOf(machine, (_effect, _where, run) => run()),
      })
    let store = await open()
    return {
      get store() {
        return store
      },
      async reopen() {
        machine = powerLost(machine)
        store = await open()
      },
      close: () => store.close(),
    }
  },
}

const inMemory: ModelFactory = {
  async open() {
    const store = await openThreadStore('/nowhere', { ...options, persistence: 'none' })
    return { store, reopen: () => store.reopen(), close: () => store.close() }
  },
}

const given = { seed, ...(path === undefined ? {} : { path }) }

describe('the engine does what the model does', () => {
  it(
    'on a machine that loses power between calls',
    async () => {
      for (const known of modelPrograms)
        await threadStoreModel(onSimulatedMachine, { ...known, runs: 1 })
      const { runs, commands } = await threadStoreModel(onSimulatedMachine, {
        ...given,
        runs: RUNS,
      })
      console.info(
        `model: ${runs} runs, ${commands} commands, power lost between calls, seed ${seed}`,
      )
      expect(runs).toBeGreaterThanOrEqual(RUNS)
    },
    TIMEOUT_MS,
  )

  it(
    'in memory',
    async () => {
      const { runs, commands } = await threadStoreModel(inMemory, { ...given, runs: RUNS })
      console.info(`model: ${runs} runs, ${commands} commands, in memory, seed ${seed}`)
      expect(runs).toBeGreaterThanOrEqual(RUNS)
    },
    TIMEOUT_MS,
  )
})

/** Stores that are wrong in one thing. */
const wrong: Readonly<Record<string, (store: ThreadStore) => Partial<WholeThreadStore>>> = {
  'forgets a rename': () => ({ renameThread: async () => {} }),
  'deletes what is held': (store) => ({
    async deleteThreads(ids, deleteOptions) {
      for (const id of ids) await store.unholdThread(id).catch(() => {})
      return store.deleteThreads(ids, deleteOptions)
    },
  }),
  'takes forks along unasked': (store) => ({
    deleteThreads: (ids) => store.deleteThreads(ids, { forks: 'cascade' }),
  }),
  'loses the last line of a batch': (store) => ({
    appendItems: (id, items, appendOptions) =>
      store.appendItems(id, items.length > 1 ? items.slice(0, -1) : items, appendOptions),
  }),
}

describe('a store that is wrong is caught', () => {
  it.each(Object.keys(wrong))('that %s', async (name) => {
    const factory: ModelFactory = {
      async open() {
        const store = await openThreadStore('/nowhere', { ...options, persistence: 'none' })
        const changes = wrong[name]!(store)
        const changed = new Proxy<WholeThreadStore>(store, {
          get: (target, key) =>
            changes[key as keyof WholeThreadStore] ??
            (target[key as keyof WholeThreadStore] as () => void).bind(target),
        })
        return { store: changed, reopen: () => store.reopen(), close: () => store.close() }
      },
    }
    await expect(threadStoreModel(factory, { ...given, runs: 200 })).rejects.toThrow(
      'Counterexample',
    )
  })
})
