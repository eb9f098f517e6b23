// Every call to the disk fails once. One program of all operations runs against a disk whose n-th call fails, for
// n = 0, 1, 2, … until the program passes untouched. After each: every failure was a typed error, the store says so
// or works on, `reopen` recovers, verify is clean, what was acknowledged is there and what was refused as absent
// is not.

import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isStoreError, openThreadStore, StoreError, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { countedDisk } from '../support-fixtures/counted-disk.fixture.js'
import {
  type DiskCall,
  type Errno,
  effects,
  failNth,
  looks,
} from '../support-fixtures/faulty-disk.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
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

const operations: readonly Operation[] = [
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

async function writeSource(folder: string): Promise<string> {
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

interface Run {
  readonly hit: { readonly call: DiskCall; readonly path: string } | undefined
  /** The operation that the fault met; undefined where it met the opening, or nothing noticed it. */
  readonly failed: string | undefined
}

const folderOf = scratch({ inMemory: true })

async function runWithFault(
  index: number,
  calls: readonly DiskCall[],
  errno: Errno,
  when: 'before' | 'after',
): Promise<Run> {
  const folder = await folderOf.folder()
  const root = path.join(folder, 'store')
  const source = await writeSource(folder)
  const fault = failNth(index, { calls, errno, when })
  const { disk, openPaths } = countedDisk(fault.disk)
  const label = () => `${errno} ${when} call ${index} (${fault.hit()?.call} ${fault.hit()?.path})`
  let facts: StoreFacts = {}
  let possible: StoreFacts[] = [facts]
  let failed: string | undefined
  let store: ThreadStore
  try {
    store = await openThreadStore(root, { ...options, disk })
  } catch (error) {
    expect(isStoreError(error), `${label()}: ${error}`).toBe(true)
    failed = 'open'
    store = await openThreadStore(root, { ...options, disk })
  }
  let closed = false
  for (const operation of operations) {
    const next = operation.after(facts)
    possible = [next]
    try {
      await operation.run(store, source)
      closed ||= operation.name === 'close'
      facts = next
    } catch (error) {
      expect(isStoreError(error), `${label()} in ${operation.name}: ${error}`).toBe(true)
      const { outcome } = error as StoreError
      expect(failed, `${label()}: a second failure in ${operation.name}: ${error}`).toBeUndefined()
      failed = operation.name
      possible = outcome === 'absent' ? [facts] : [facts, next]
      if (operation.name === 'close') closed = true
      else await store.reopen()
      const seen = closed ? undefined : await factsOf(store)
      if (seen) {
        expect(possible, `${label()} in ${operation.name}`).toContainEqual(seen)
        facts = seen
        // What did not happen can be done now, by the same call.
        if (JSON.stringify(seen) !== JSON.stringify(next)) {
          await operation.run(store, source)
          facts = next
        }
      }
    }
  }
  if (!closed) await store.close()
  expect(openPaths(), `${label()}: files left open`).toEqual([])
  // A process that comes after finds a whole store.
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
  return { hit: fault.hit(), failed }
}

const errnos: readonly Errno[] = ['EIO', 'ENOSPC', 'EPERM']

/** One run alone: `CENOTAPH_FAULT=57 npm test -- test/bad-input/disk-faults`. */
const only =
  process.env.CENOTAPH_FAULT === undefined ? undefined : Number(process.env.CENOTAPH_FAULT)

interface Sweep {
  readonly runs: number
  /** Operations that told their caller of a fault. */
  readonly told: ReadonlySet<string>
  /** Faults that nobody was told of: `call file`. */
  readonly quiet: readonly string[]
  readonly broken: readonly string[]
}

/** Errno and side of a call depend on its number alone, so that a number replays a run. */
async function sweep(calls: readonly DiskCall[], step: number): Promise<Sweep> {
  const told = new Set<string>()
  const quiet: string[] = []
  const broken: string[] = []
  let runs = 0
  for (let index = only ?? 0; broken.length < 20; index += step) {
    try {
      const errno = errnos[index % errnos.length]!
      const run = await runWithFault(index, calls, errno, index % 2 === 0 ? 'before' : 'after')
      if (!run.hit) break
      if (run.failed === undefined) quiet.push(`${run.hit.call} ${path.basename(run.hit.path)}`)
      else told.add(run.failed)
    } catch (error) {
      broken.push(`CENOTAPH_FAULT=${index}: ${String(error).slice(0, 2_000)}`)
    }
    runs += 1
    if (only !== undefined) break
  }
  return { runs, told, quiet, broken }
}

describe('every disk call fails once', () => {
  it('each effect, before it happens or after it happened', async () => {
    const { runs, told, quiet, broken } = await sweep(effects, 1)
    expect(broken).toEqual([])
    if (only !== undefined) return
    expect(runs).toBeGreaterThan(140)
    expect([...told]).toEqual(
      expect.arrayContaining(['open', ...operations.map(({ name }) => name)]),
    )
    // A fault that no caller hears of must be one of a delete, which tries again by itself, or of the ballast.
    expect(quiet.length).toBeLessThan(runs / 4)
    const kept = quiet.filter((call) => /^(write|sync|truncate) .*\.jsonl$/.test(call))
    expect(kept).toEqual([])
  })

  it('each third look', async () => {
    const { runs, told, broken } = await sweep(looks, 3)
    expect(broken).toEqual([])
    if (only !== undefined) return
    expect(runs).toBeGreaterThan(60)
    expect(told.size).toBeGreaterThan(4)
  })
})
