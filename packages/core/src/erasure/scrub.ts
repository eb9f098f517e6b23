// Scrub: takes the threads' values out of LevelDB, then their bytes out of its files. Keys go in batches of at
// most 1,000, so that an append never waits long; then the ranges are physically erased.

import path from 'node:path'
import type { BatchOperation, KeyRange } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { dropCarriedOperations } from '../append/carried.js'
import type { StoreContext } from '../context.js'
import { timeOfName } from '../files/unique-name.js'
import { directoryRange } from '../threads/directories.js'
import { directoryPrefix, indexKeys } from '../threads/index-keys.js'
import { decodeRow, rowKey, threadRange } from '../threads/thread-row.js'

const OPERATIONS_MAX = 1_000

/** Journal records and intents: their text goes with what was trimmed and settled. */
const journalRanges: readonly KeyRange[] = [
  { from: 'i/', to: 'i0' },
  { from: 'j/', to: 'j0' },
]

/** Where bytes of these threads may have been in LevelDB. */
export const rangesOf = (ids: readonly ThreadId[], directories: readonly string[]): KeyRange[] => [
  ...ids.map((id) => threadRange(id)),
  ...directories.map((handle) => directoryRange(handle)),
  ...journalRanges,
]

/** Removes every key that the threads own. */
export async function removeValues(context: StoreContext, ids: readonly ThreadId[]): Promise<void> {
  for (const id of ids) {
    const body = await context.journal.get(rowKey(id))
    const row = body && decodeRow(body)
    // The index goes before the row: until then a crash leaves what names it.
    if (row)
      await removeKeys(context, [
        ...indexKeys(row),
        ...dropCarriedOperations(id).map(({ key }) => key),
      ])
    await removeRange(context, threadRange(id))
    context.threads.forget(id)
  }
}

/** Removes the paths of those directories that have no thread. Returns their handles, earlier removed ones too. */
export async function removeEmptyDirectories(
  context: StoreContext,
  handles: readonly string[],
): Promise<string[]> {
  const emptied: string[] = []
  for (const handle of handles) if (await removeDirectory(context, handle)) emptied.push(handle)
  return emptied
}

async function removeKeys(context: StoreContext, keys: readonly string[]): Promise<void> {
  for (let start = 0; start < keys.length; start += OPERATIONS_MAX) {
    const operations = keys
      .slice(start, start + OPERATIONS_MAX)
      .map((key): BatchOperation => ({ type: 'del', key }))
    await context.journal.commit(() => ({ operations, applied: () => {} }))
  }
}

async function removeRange(context: StoreContext, { from, to }: KeyRange): Promise<void> {
  for (;;) {
    const page = await context.journal.page({ gte: from, lt: to, limit: OPERATIONS_MAX })
    if (page.entries.length === 0) return
    await removeKeys(
      context,
      page.entries.map(([key]) => key),
    )
  }
}

/** Removes a directory's path unless a thread has it, or gets it before the batch is issued. */
async function removeDirectory(context: StoreContext, handle: string): Promise<boolean> {
  const assignments = context.directories.assignmentsOf(handle)
  const prefix = directoryPrefix(handle)
  const page = await context.journal.page({
    gt: prefix,
    lt: `${prefix.slice(0, -1)}0`,
    limit: 1,
  })
  if (page.entries.length > 0) return false
  return context.journal.commit(() => {
    if (context.directories.assignmentsOf(handle) !== assignments) {
      return { operations: [], applied: () => false }
    }
    return { operations: context.directories.remove(handle), applied: () => true }
  })
}

/** Makes LevelDB forget what the ranges held, and makes that durable. */
export async function eraseFromLevel(
  context: StoreContext,
  ids: readonly ThreadId[],
  directories: readonly string[],
): Promise<void> {
  const ranges = [
    ...ids.map((id) => threadRange(id)),
    ...directories.map((handle) => directoryRange(handle)),
  ]
  const { tablesLeft } = await context.journal.eraseRanges(ranges)
  if (tablesLeft > 0) {
    throw new StoreError('ERASE_INCOMPLETE', 'LevelDB kept tables of the erased ranges', {
      retryable: true,
      detail: { tables: tablesLeft },
    })
  }
  await context.journal.eraseTrimmed(true)
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
