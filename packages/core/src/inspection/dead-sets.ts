// Who is dead when LevelDB cannot be asked: everybody that the tombstones name, that a receipt with a good signature
// names, and that a delete which was still open names. Without LevelDB a prepared set counts as dead.

import type { ThreadId } from '@cenotaph/rollout'
import type { ResolvedOptions } from '../options.js'
import { listReceipts, verifyReceipt } from '../proof/index.js'
import type { RootLayout } from '../root/index.js'
import { type PrepareRecord, readTombstones, TombstoneFile } from '../tombstones/index.js'
import type { Lost } from './repair-store.js'

export interface DeadSetsOptions {
  readonly options: ResolvedOptions
  readonly layout: RootLayout
  /** Sets of deletes that the damaged database held open. */
  readonly open: readonly PrepareRecord[]
  readonly dryRun: boolean
  readonly lost: Lost[]
}

/** Also completes the tombstone file, unless nothing may be changed. */
export async function readDeadSets({
  options,
  layout,
  open,
  dryRun,
  lost,
}: DeadSetsOptions): Promise<readonly PrepareRecord[]> {
  const { disk, clock } = options
  const known = await readTombstones(disk, layout.tombstonesPath).catch(() => undefined)
  const named = new Set((known ?? []).map((record) => record.operationId))
  const aborted = new Set((known ?? []).filter((r) => r.kind === 'abort').map((r) => r.operationId))
  const sets = (known ?? []).filter(
    (record): record is PrepareRecord =>
      record.kind === 'prepare' && !aborted.has(record.operationId),
  )
  const missing = [...(await receiptSets(options, layout, lost)), ...open].filter(
    (set) => !named.has(set.operationId),
  )
  if (known && missing.length === 0) return sets
  lost.push({
    what: 'tombstones',
    threadId: null,
    detail: 'completed from receipts and open deletes; the parents of those threads are unknown',
  })
  if (dryRun) return [...sets, ...missing]
  if (!known && (await disk.stat(layout.tombstonesPath))) {
    await disk.rename(layout.tombstonesPath, `${layout.tombstonesPath}.damaged-${clock.wallMs()}`)
  }
  const file = await TombstoneFile.open(disk, layout.tombstonesPath, { create: !known })
  try {
    for (const set of missing) await file.prepare(set)
  } finally {
    await file.close()
  }
  return [...sets, ...missing]
}

/** A receipt whose bytes have changed must not kill whoever it names now. */
async function receiptSets(
  { disk }: ResolvedOptions,
  layout: RootLayout,
  lost: Lost[],
): Promise<PrepareRecord[]> {
  const { receipts } = await listReceipts(disk, layout.receiptsFolder)
  return receipts.flatMap((receipt) => {
    if (verifyReceipt(receipt).ok) {
      return [deadSet(receipt.receiptId, Date.parse(receipt.committedAt), receipt.threadIds)]
    }
    lost.push({ what: 'receipt', threadId: null, detail: `${receipt.receiptId} does not verify` })
    return []
  })
}

export const deadSet = (
  operationId: string,
  at: number,
  ids: readonly ThreadId[],
): PrepareRecord => ({ kind: 'prepare', operationId, at, ids, parentIds: ids.map(() => null) })
