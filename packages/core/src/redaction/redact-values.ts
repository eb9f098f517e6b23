// Takes what repeats redacted lines out of the values of threads, out of quarantine, and out of LevelDB's files.

import path from 'node:path'
import { type BatchOperation, PAGE_ROWS_MAX } from '@cenotaph/journal'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { removeSetAsideLevels } from '../erasure/scrub.js'
import { threadRange } from '../threads/thread-row.js'
import type { RedactPlan } from './redact-plan.js'

/** The first of the keys, for the commit itself: what it takes is gone for readers at once. */
export const firstKeys = (plan: RedactPlan): BatchOperation[] =>
  plan.keys.slice(0, PAGE_ROWS_MAX).map((key) => ({ type: 'del', key }))

export async function scrubValues(context: StoreContext, plan: RedactPlan): Promise<void> {
  for (let start = 0; start < plan.keys.length; start += PAGE_ROWS_MAX) {
    const operations = plan.keys
      .slice(start, start + PAGE_ROWS_MAX)
      .map((key): BatchOperation => ({ type: 'del', key }))
    await context.journal.commit(() => ({ operations }))
  }
  await removePieces(context, plan.pieces)
  await removeSetAsideLevels(context)
  await eraseOldValues(context, plan)
}

async function removePieces(context: StoreContext, pieces: readonly string[]): Promise<void> {
  if (pieces.length === 0) return
  const { disk, layout } = context
  const going = new Set(pieces)
  for (const { name } of (await disk.list(layout.quarantineFolder)) ?? []) {
    if (going.has(name.split('.')[0]!)) await disk.unlink(path.join(layout.quarantineFolder, name))
  }
  await disk.syncFolder(layout.quarantineFolder)
}

/** Old values of the threads, and journal records of their lines. @throws ERASE_INCOMPLETE */
export async function eraseOldValues(context: StoreContext, plan: RedactPlan): Promise<void> {
  const { journal, disk, layout } = context
  const { tablesLeft } = await journal.eraseRanges(plan.touched.map(threadRange), {
    keepLive: true,
  })
  if (tablesLeft > 0) {
    throw new StoreError('ERASE_INCOMPLETE', 'LevelDB kept tables of the erased ranges', {
      retryable: true,
      detail: { tables: tablesLeft },
    })
  }
  await journal.eraseTrimmed(true)
  // LevelDB unlinks its last dead table without an fsync of the folder.
  await disk.syncFolder(layout.levelFolder)
}
