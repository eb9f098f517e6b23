// The program of all operations that the tests of failing disks run, and what must hold around a failure: it is a typed
// error, the store says so or works on, `reopen` recovers, what was acknowledged is there and what was refused as absent
// is not, and in the end everything is clean.

import { readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  isStoreError,
  openThreadStore,
  type Participant,
  type StoreError,
  type ThreadStore,
} from '@cenotaph/core'
import type { Disk } from '@cenotaph/storage'
import { expect } from 'vitest'
import { countedDisk } from '../support-fixtures/counted-disk.fixture.js'
import type { DiskCall } from '../support-fixtures/faulty-disk.fixture.js'
import { openFilesUnder } from '../support-fixtures/open-files.fixture.js'
import { quietOptions } from '../support-fixtures/scratch.fixture.js'
import {
  factsOf,
  messageOf,
  type StoreFacts,
  textItem,
} from '../support-fixtures/store-state.fixture.js'
import { base, brief, clock, forked, imported, operations } from './fault-operations.js'

const host: Participant = { name: 'index', erase: async () => {}, verify: async () => [] }
const options = {
  ...quietOptions,
  clock,
  participants: [host],
  referenceBytesMin: 2_048,
  retryMs: 1,
}

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
  const expectNothingOpen = (): void => {
    const left = [...openPaths(), ...openFilesUnder(folder)]
    expect(left, `${label()}: files left open`).toEqual([])
  }
  let failed: string | undefined
  let store: ThreadStore
  try {
    store = await openThreadStore(root, { ...options, disk })
  } catch (error) {
    expect(isStoreError(error), `${label()}: ${error}`).toBe(true)
    failed = 'open'
    expectNothingOpen()
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
      // What the failure had left open would be there twice, or beside what an open store has.
      expect(
        openPaths().filter((name) => !isHeldOpen(name)),
        `${label()}: files left open`,
      ).toEqual([])
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
  expectNothingOpen()
  await expectWhole(root, facts, label)
  return { hit: fault.hit(), failed }
}

/** A store that has just been opened has its tombstones open, and nothing else: what was replayed is closed again. */
const isHeldOpen = (name: string): boolean => path.basename(name) === 'tombstones'

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
    expect(await after.status(brief), label()).toMatchObject({ state: 'deleted' })
    const { problems } = await after.verify()
    // A backup that a fault cut short is known as that until somebody forgets it.
    const others = problems.filter(({ code }) => code !== 'BACKUP_UNFINISHED')
    expect(others, label()).toEqual([])
    expect(await readdir(path.join(root, '.cenotaph', 'staging')), label()).toEqual([])
    await after.appendItems(forked, [textItem('last')])
  } finally {
    await after.close()
  }
}
