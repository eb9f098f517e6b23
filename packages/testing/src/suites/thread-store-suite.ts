// What a thread store must do, whoever wrote it:
//
//   threadStoreSuite({ test: it, factory: async () => ({ value: { store: await openMine(folder) } }) })
//
// Every group of verbs is asked for unless `supports` says that the store does not have it. Refusals are judged by their
// code. Each test gets a store of its own, empty at first.

import { everyStoreSupports, type StoreSupports } from '../store/supports.js'
import type { ThreadStoreLike } from '../store/thread-store-like.js'
import { type Made, type Test, using } from './suite.js'
import { testAppends } from './thread-store/appends.js'
import { testArchive } from './thread-store/archive.js'
import { testAttachments } from './thread-store/attachments.js'
import { testDeletion } from './thread-store/deletion.js'
import { testForks } from './thread-store/forks.js'
import { testHolds } from './thread-store/holds.js'
import { testRedaction } from './thread-store/redaction.js'
import { testReopening } from './thread-store/reopening.js'
import { testSchedule } from './thread-store/schedule.js'
import { testSpawning } from './thread-store/spawning.js'
import { testThreads } from './thread-store/threads.js'

export interface StorePlace {
  readonly store: ThreadStoreLike
  /** With `supports.reopen`: closes the store and opens it again. */
  reopen?(): Promise<ThreadStoreLike>
  /** With `supports.residue`: every byte that the store's medium holds, names of files included. */
  bytes?(): Promise<readonly Uint8Array[]>
  /** With `supports.time`: lets time pass. */
  pass?(ms: number): void
}

/** Default true, but for `residue` and `time`. */
export interface ThreadStoreSupports extends StoreSupports {
  /** Codes for ids that are none, names that are none, and so on. */
  readonly checks?: boolean
  /** Pages with cursors; otherwise a list is whole. */
  readonly cursors?: boolean
  /** What resolved survives a close. */
  readonly reopen?: boolean
  /** Default false: `bytes` shows what is left of the deleted. */
  readonly residue?: boolean
  /** Default false: `pass` lets dates come. */
  readonly time?: boolean
}

export interface ThreadStoreSuiteOptions {
  readonly test: Test
  readonly factory: () => Promise<Made<StorePlace>>
  readonly supports?: ThreadStoreSupports
}

/** Registers one test of the suite. */
export type Check = (name: string, run: (place: StorePlace) => Promise<void>) => void

const defaults: Required<ThreadStoreSupports> = {
  ...everyStoreSupports,
  checks: true,
  cursors: true,
  reopen: true,
  residue: false,
  time: false,
}

/** Gives the number of tests. */
export function threadStoreSuite({
  test,
  factory,
  supports: given = {},
}: ThreadStoreSuiteOptions): number {
  const supports = { ...defaults, ...given }
  let tests = 0
  const check: Check = (name, run) => {
    tests += 1
    test(name, () => using(factory, run))
  }
  testThreads(check, supports)
  testAppends(check, supports)
  testDeletion(check, supports)
  if (supports.archive) testArchive(check, supports)
  if (supports.spawn) testSpawning(check, supports)
  if (supports.fork) testForks(check, supports)
  if (supports.hold) testHolds(check, supports)
  if (supports.schedule) testSchedule(check, supports)
  if (supports.attachments) testAttachments(check, supports)
  if (supports.redact) testRedaction(check, supports)
  if (supports.reopen) testReopening(check, supports)
  return tests
}

export type Supports = typeof defaults
