// Scrub: takes the threads' values out of LevelDB, then their bytes out of its files. Keys go in batches of at
// most 1,000, so that an append never waits long; then the ranges are physically erased. Values are never read.

import path from 'node:path'
import type { BatchOperation, KeyRange } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { breathe, StoreError } from '@cenotaph/storage'
import { dropCarriedOperations } from '../append/carried.js'
import type { StoreContext } from '../context.js'
import { timeOfName } from '../files/unique-name.js'
import { mapInPieces } from '../in-pieces.js'
import { supersededPolicies } from '../retention/stored-policy.js'
import { directoryRange } from '../threads/directories.js'
import { directoryPrefix, indexKeys } from '../threads/index-keys.js'
import { decodeRow, rowKey, threadRange } from '../threads/thread-row.js'

const OPERATIONS_MAX = 1_000
/** Threads whose rows are read at once. */
const THREADS_MAX = 200

/** Journal records and intents: their text goes with what was trimmed and settled. */
const journalRanges: readonly KeyRange[] = [
  { from: 'i/', to: 'i0' },
  { from: 'j/', to: 'j0' },
]

/** Settings may have named the threads. */
const settingsRange: KeyRange = { from: 'k/', to: 'k0' }

/** Where bytes of these threads may have been in LevelDB, in order. */
export const rangesOf = async (
  ids: readonly ThreadId[],
  directories: readonly string[],
): Promise<KeyRange[]> => [
  ...directoryRanges(directories),
  ...journalRanges,
  settingsRange,
  ...(await threadRanges(ids)),
]

const directoryRanges = (handles: readonly string[]): KeyRange[] =>
  [...handles].sort().map(directoryRange)

/** Of everything that the threads own, in order, so that nobody has to sort it again. */
export async function threadRanges(ids: readonly ThreadId[]): Promise<KeyRange[]> {
  const sorted = [...ids].sort()
  if (sorted.length > THREADS_MAX) await breathe()
  return mapInPieces(sorted, threadRange)
}

/**
 * Removes every key that the threads own, many threads in one batch. The index of a thread goes before its row, or with
 * it: until then a crash leaves what names it.
 */
export async function removeValues(context: StoreContext, ids: readonly ThreadId[]): Promise<void> {
  const removal = new Removal(context)
  for (let start = 0; start < ids.length; start += THREADS_MAX) {
    const some = ids.slice(start, start + THREADS_MAX)
    const bodies = await context.journal.getMany(some.map(rowKey))
    for (const [index, body] of bodies.entries()) {
      const carried = dropCarriedOperations(some[index]!).map(({ key }) => key)
      if (body) await removal.add([...indexKeys(decodeRow(body)), ...carried])
    }
    for await (const keys of context.journal.keysIn(some.map(threadRange))) await removal.add(keys)
    await removal.flush()
    for (const id of some) context.threads.forget(id)
  }
}

/** Collects keys and removes them in the order in which they came, in batches that are never long. */
class Removal {
  readonly #context: StoreContext
  #keys: string[] = []

  constructor(context: StoreContext) {
    this.#context = context
  }

  async add(keys: readonly string[]): Promise<void> {
    this.#keys.push(...keys)
    while (this.#keys.length >= OPERATIONS_MAX)
      await this.#remove(this.#keys.splice(0, OPERATIONS_MAX))
  }

  async flush(): Promise<void> {
    if (this.#keys.length > 0) await this.#remove(this.#keys.splice(0))
  }

  #remove(keys: readonly string[]): Promise<void> {
    const operations = keys.map((key): BatchOperation => ({ type: 'del', key }))
    return this.#context.journal.commit(() => ({ operations, applied: () => {} }))
  }
}

/** Removes the paths of those directories that have no thread. Returns their handles, earlier removed ones too. */
export async function removeEmptyDirectories(
  context: StoreContext,
  handles: readonly string[],
): Promise<string[]> {
  const emptied: string[] = []
  for (let start = 0; start < handles.length; start += OPERATIONS_MAX) {
    emptied.push(...(await removeEmpty(context, handles.slice(start, start + OPERATIONS_MAX))))
  }
  return emptied
}

/** One batch. A directory that a thread has, or gets before the batch is issued, stays. */
async function removeEmpty(context: StoreContext, handles: readonly string[]): Promise<string[]> {
  const { directories, journal } = context
  const assigned = new Map(handles.map((handle) => [handle, directories.assignmentsOf(handle)]))
  const empty: string[] = []
  for (const handle of handles) {
    const prefix = directoryPrefix(handle)
    const page = await journal.page({ gt: prefix, lt: `${prefix.slice(0, -1)}0`, limit: 1 })
    if (page.entries.length === 0) empty.push(handle)
  }
  return journal.commit(() => {
    const still = empty.filter(
      (handle) => directories.assignmentsOf(handle) === assigned.get(handle),
    )
    return {
      operations: still.flatMap((handle) => directories.remove(handle)),
      applied: () => still,
    }
  })
}

/** Makes LevelDB forget what the ranges held, and makes that durable. */
export async function eraseFromLevel(
  context: StoreContext,
  ids: readonly ThreadId[],
  directories: readonly string[],
): Promise<void> {
  const ranges = [
    ...directoryRanges(directories),
    ...(await supersededPolicies(context)),
    ...(await threadRanges(ids)),
  ]
  const { tablesLeft } = await context.journal.eraseWithTrimmed(ranges)
  if (tablesLeft > 0) {
    throw new StoreError('ERASE_INCOMPLETE', 'LevelDB kept tables of the erased ranges', {
      retryable: true,
      detail: { tables: tablesLeft },
    })
  }
  // LevelDB unlinks its last dead table without an fsync of the folder.
  await context.disk.syncFolder(context.layout.levelFolder)
}

const DAMAGED_PREFIX = 'level.damaged-'

export const isSetAsideLevel = (name: string): boolean => name.startsWith(DAMAGED_PREFIX)
export const setAsideLevelName = (id: string): string => `${DAMAGED_PREFIX}${id}`

const KEPT_MS = 7 * 24 * 60 * 60 * 1000

/** Whoever repaired had 7 days to look at the damaged database; it holds text of all threads. */
export const removeExpiredLevels = (context: StoreContext): Promise<number> =>
  removeSetAsideLevels(context, (setAsideMs) => context.clock.wallMs() - setAsideMs > KEPT_MS)

/** A damaged LevelDB that repair set aside holds every thread's values; it is removed whole. */
export async function removeSetAsideLevels(
  context: StoreContext,
  isDue: (setAsideMs: number) => boolean = () => true,
): Promise<number> {
  const { disk, layout } = context
  let removed = 0
  for (const { name, kind } of (await disk.list(layout.cenotaphFolder)) ?? []) {
    if (kind !== 'folder' || !isSetAsideLevel(name)) continue
    if (!isDue(timeOfName(name.slice(DAMAGED_PREFIX.length)))) continue
    const folder = path.join(layout.cenotaphFolder, name)
    for (const entry of (await disk.list(folder)) ?? [])
      await disk.unlink(path.join(folder, entry.name))
    await disk.syncFolder(folder)
    await disk.removeFolder(folder)
    removed += 1
  }
  if (removed > 0) await disk.syncFolder(layout.cenotaphFolder)
  return removed
}
