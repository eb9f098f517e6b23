// The program of all operations that the tests of failing disks run, and what must hold around a failure: it is a typed
// error, the store says so or works on, `reopen` recovers, what was acknowledged is there and what was refused as absent
// is not, and in the end everything is clean.

import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isStoreError, openThreadStore, StoreError, type ThreadStore } from '@cenotaph/core'
import type { Disk } from '@cenotaph/storage'
import { expect } from 'vitest'
import { countedDisk } from '../support-fixtures/counted-disk.fixture.js'
import type { DiskCall } from '../support-fixtures/faulty-disk.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions } from '../support-fixtures/scratch.fixture.js'
import {
  factsOf,
  messageOf,
  type StoreFacts,
  textItem,
} from '../support-fixtures/store-state.fixture.js'

const [base, forked, child, imported] = [1, 2, 3, 4].map(threadIdOf) as [
  string,
  string,
  string,
  string,
]
const large = 'L'.repeat(4_200)
const options = { ...quietOptions, referenceBytesMin: 2_048, retryMs: 1 }

interface Operation {
  readonly name: string
  run(store: ThreadStore, source: string): Promise<unknown>
  after(before: StoreFacts): StoreFacts
}

const change = (
  facts: StoreFacts,
  id: string,
  fields: Partial<StoreFacts[string]>,
): StoreFacts => ({
  ...facts,
  [id]: { name: null, archived: false, texts: [], ...facts[id], ...fields },
})
const added = (facts: StoreFacts, id: string, ...texts: string[]): StoreFacts =>
  change(facts, id, { texts: [...(facts[id]?.texts ?? []), ...texts] })
const without = (facts: StoreFacts, ...ids: string[]): StoreFacts =>
  Object.fromEntries(Object.entries(facts).filter(([id]) => !ids.includes(id)))

export const operations: readonly Operation[] = [
  {
    name: 'create',
    run: (store) => store.createThread({ threadId: base, name: 'base', cwd: '/w' }),
    after: (facts) => change(facts, base, { name: 'base' }),
  },
  {
    name: 'append',
    run: (store) => store.appendItems(base, [textItem('one'), textItem('two')]),
    after: (facts) => added(facts, base, 'one', 'two'),
  },
  {
    name: 'append by reference',
    run: (store) => store.appendItems(base, [textItem(large)]),
    after: (facts) => added(facts, base, large),
  },
  {
    name: 'buffered append and flush',
    run: async (store) => {
      await store.appendItems(base, [textItem('three')], { durability: 'buffered' })
      await store.flush()
    },
    after: (facts) => added(facts, base, 'three'),
  },
  {
    name: 'fork',
    run: (store) => store.forkThread(base, { newThreadId: forked, name: 'fork' }),
    after: (facts) => change(facts, forked, { name: 'fork', texts: facts[base]!.texts }),
  },
  {
    name: 'append to the fork',
    run: (store) => store.appendItems(forked, [textItem('four')]),
    after: (facts) => added(facts, forked, 'four'),
  },
  {
    name: 'rename',
    run: (store) => store.renameThread(base, 'renamed'),
    after: (facts) => change(facts, base, { name: 'renamed' }),
  },
  {
    name: 'spawn',
    run: (store) => store.createThread({ threadId: child, parentThreadId: base }),
    after: (facts) => change(facts, child, {}),
  },
  {
    name: 'append before the hold',
    run: (store) => store.appendItems(forked, [textItem('six')]),
    after: (facts) => added(facts, forked, 'six'),
  },
  {
    name: 'hold',
    run: (store) => store.holdThread(forked, 'kept'),
    after: (facts) => change(facts, forked, { held: true }),
  },
  {
    name: 'archive',
    run: (store) => store.archiveThreads([base]),
    after: (facts) => change(change(facts, base, { archived: true }), child, { archived: true }),
  },
  {
    name: 'unarchive',
    run: (store) => store.unarchiveThreads([base]),
    after: (facts) => change(change(facts, base, { archived: false }), child, { archived: false }),
  },
  {
    name: 'import',
    async run(store, source) {
      const { skipped } = await store.importRollouts([source])
      // A source that cannot be read is reported, not thrown: the rest of an import goes on.
      if (skipped.length > 0) throw new StoreError('IMPORT_SOURCE_INVALID', skipped[0]!.reason)
    },
    after: (facts) => change(facts, imported, { texts: ['five'] }),
  },
  {
    name: 'delete with detach',
    run: (store) => store.deleteThread(base, { forks: 'detach' }),
    after: (facts) => without(facts, base, child),
  },
  { name: 'checkpoint', run: (store) => store.checkpoint(), after: (facts) => facts },
  { name: 'close', run: (store) => store.close(), after: (facts) => facts },
]

export async function writeSource(folder: string): Promise<string> {
  const file = path.join(folder, `rollout-2026-11-20T10-20-30-${imported}.jsonl`)
  const at = '2026-11-20T10:20:30.000Z'
  const meta = { id: imported, timestamp: at, cwd: '/i', originator: 'x', cli_version: '0' }
  const lines = [
    { timestamp: at, type: 'session_meta', payload: meta },
    { timestamp: at, type: 'response_item', payload: messageOf('five') },
  ]
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return file
}

export interface Fault {
  readonly disk: Disk
  /** The call that failed first, once it has. */
  readonly hit: () => { readonly call: DiskCall; readonly path: string } | undefined
  /** Ends a fault that stays. */
  heal?(): void
}

export interface FaultyRun {
  readonly hit: ReturnType<Fault['hit']>
  /** The operation that the fault met; undefined where it met the opening, or nothing noticed it. */
  readonly failed: string | undefined
}

/** `folder` is empty. @throws what did not hold, with `label` in it */
export async function runWithFault(
  folder: string,
  fault: Fault,
  label: () => string,
): Promise<FaultyRun> {
  const root = path.join(folder, 'store')
  const source = await writeSource(folder)
  const { disk, openPaths } = countedDisk(fault.disk)
  let failed: string | undefined
  let store: ThreadStore
  try {
    store = await openThreadStore(root, { ...options, disk })
  } catch (error) {
    expect(isStoreError(error), `${label()}: ${error}`).toBe(true)
    failed = 'open'
    fault.heal?.()
    store = await openThreadStore(root, { ...options, disk })
  }
  let facts: StoreFacts = {}
  let closed = false
  for (const operation of operations) {
    const next = operation.after(facts)
    try {
      await operation.run(store, source)
      closed ||= operation.name === 'close'
      facts = next
    } catch (error) {
      const told = refusal(error, `${label()} in ${operation.name}`)
      expect(failed, `${label()}: a second failure in ${operation.name}: ${error}`).toBeUndefined()
      failed = operation.name
      const possible = told.outcome === 'absent' ? [facts] : [facts, next]
      if (operation.name === 'close') {
        closed = true
        fault.heal?.()
        continue
      }
      if (fault.heal) await whileItStays(store, label)
      fault.heal?.()
      await store.reopen()
      const seen = await factsOf(store)
      expect(possible, `${label()} in ${operation.name}`).toContainEqual(seen)
      // What did not happen can be done now, by the same call.
      if (JSON.stringify(seen) !== JSON.stringify(next)) await operation.run(store, source)
      facts = next
    }
  }
  // A delete that waits for the disk is not a failed call; it ends once the disk does its part.
  fault.heal?.()
  if (!closed) await store.close()
  expect(openPaths(), `${label()}: files left open`).toEqual([])
  await expectWhole(root, facts, label)
  return { hit: fault.hit(), failed }
}

function refusal(error: unknown, label: string): StoreError {
  expect(isStoreError(error), `${label}: ${error}`).toBe(true)
  return error as StoreError
}

/**
 * While nothing can be written, every mutation is refused with a typed error, or does no harm. Reads go on, but for a
 * thread whose operation is half done.
 */
async function whileItStays(store: ThreadStore, label: () => string): Promise<void> {
  await factsOf(store).catch((error: unknown) => refusal(error, `${label()}, reading`))
  const ids = (await store.listThreads({ limit: 1 })).threads
  for (const { threadId } of ids) {
    const attempts = [
      () => store.appendItems(threadId, []),
      () => store.createThread({ name: '' }),
      () => store.retry(threadId),
    ]
    for (const attempt of attempts) {
      await attempt().catch((error: unknown) => refusal(error, `${label()} while the disk is bad`))
    }
  }
}

/** A process that comes after finds a whole store. */
async function expectWhole(root: string, facts: StoreFacts, label: () => string): Promise<void> {
  const after = await openThreadStore(root, options)
  try {
    expect(await factsOf(after), label()).toEqual(facts)
    const status = await after.retry(base).catch((error: unknown) => error)
    expect(status, label()).toMatchObject({ state: 'deleted' })
    expect((await after.verify()).problems, label()).toEqual([])
    expect(await readdir(path.join(root, '.cenotaph', 'staging')), label()).toEqual([])
    await after.appendItems(forked, [textItem('last')])
  } finally {
    await after.close()
  }
}
