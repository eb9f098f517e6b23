// What is asked of the store, however it writes: the published suite, the model, and a search through the states in which a
// machine may come back when the power goes.

import { isDeepStrictEqual } from 'node:util'
import { MemoryDisk } from '@cenotaph/storage'
import {
  type ExploreReport,
  explore,
  listedIds,
  type MachinePorts,
  type ModelReport,
  messageOf,
  newMachine,
  type Operation,
  rehearse,
  runSuite,
  type SuiteReport,
  textsOf,
  threadIdOf,
  threadStoreModel,
  threadStoreSuite,
} from '@cenotaph/testing'
import { JsonlStore } from './jsonl-store.js'
import type { Writing } from './writing.js'

const root = '/sessions'

/** What this store leaves out. */
const supports = {
  checks: false,
  archive: false,
  spawn: false,
  fork: false,
  hold: false,
  pin: false,
  schedule: false,
  attachments: false,
  redact: false,
  idempotency: false,
  expectedOrdinal: false,
  cursors: false,
  buffer: false,
  retention: false,
  transfer: false,
  compress: false,
  search: false,
  inspect: false,
  record: false,
  backup: false,
  ephemeral: false,
  plan: false,
  turns: false,
  log: false,
  receipts: false,
  resolve: false,
  stats: false,
} as const

/** Calls of every kind, and what must come of them. */
export const askSuite = (writing: Writing): Promise<SuiteReport> =>
  runSuite((test) =>
    threadStoreSuite({ test, supports, factory: async () => ({ value: await place(writing) }) }),
  )

async function place(writing: Writing) {
  const disk = new MemoryDisk()
  const reopen = () => JsonlStore.open(disk, root, writing)
  return { store: await reopen(), reopen }
}

/** Random programs, beside a model of what a store is. */
export const askModel = (writing: Writing): Promise<ModelReport> =>
  threadStoreModel(
    {
      supports,
      async open() {
        const opened = await place(writing)
        let { store } = opened
        return {
          get store() {
            return store
          },
          async reopen() {
            store = await opened.reopen()
          },
          close: () => store.close(),
        }
      },
    },
    { runs: 100, seed: 1 },
  )

/** `UNREADABLE`: it does not open. `LOST`: what was acknowledged is gone. `MIXED`: neither before nor after. */
export class Bug extends Error {
  readonly code: 'UNREADABLE' | 'LOST' | 'MIXED'

  constructor(code: Bug['code'], cause?: unknown) {
    super(code, { cause })
    this.code = code
  }
}

const [one, two] = [1, 2].map(threadIdOf) as [string, string]

const operation = (
  name: string,
  run: (store: JsonlStore) => Promise<unknown>,
): Operation<JsonlStore> => ({ name, run })

const program = [
  operation('create one', (store) => store.createThread({ threadId: one, name: 'one' })),
  operation('append', (store) => store.appendItems(one, [messageOf('a'), messageOf('b')])),
  operation('create two', (store) => store.createThread({ threadId: two })),
  operation('append more', (store) => store.appendItems(two, [messageOf('long '.repeat(300))])),
  operation('rename', (store) => store.renameThread(one, 'first')),
  operation('delete', (store) => store.deleteThreads([one])),
  operation('append again', (store) => store.appendItems(two, [messageOf('c')])),
]

async function look(store: JsonlStore) {
  const ids = await listedIds(store)
  const isDead = (id: string) =>
    store.readThread(id).then(
      () => false,
      () => true,
    )
  return {
    dead: [await isDead(one), await isDead(two)],
    threads: await Promise.all(
      ids.map(async (id) => [(await store.readThread(id))?.name, await textsOf(store, id)]),
    ),
  }
}

/** Cuts the power before and after every effect of the program, and of each recovery. */
export async function askPowerCuts(writing: Writing, replay?: string): Promise<ExploreReport> {
  const engine = {
    program,
    open: ({ disk }: MachinePorts) =>
      JsonlStore.open(disk, root, writing).catch((error) => {
        throw new Bug('UNREADABLE', error)
      }),
    close: (store: JsonlStore) => store.close(),
  }
  const states = await rehearse({ ...engine, look })
  return explore<JsonlStore>(
    {
      ...engine,
      async check(store, { acknowledged }) {
        const state = await look(store)
        const allowed = states.slice(acknowledged, acknowledged + 2)
        if (allowed.some((one) => isDeepStrictEqual(one, state))) return
        const isEarlier = states.some((one) => isDeepStrictEqual(one, state))
        throw new Bug(isEarlier ? 'LOST' : 'MIXED')
      },
    },
    { machine: newMachine(), ...(replay === undefined ? {} : { replay }) },
  )
}
