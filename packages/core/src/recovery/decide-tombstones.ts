// Who is dead, once both files that a delete is written to have been read. The tombstone comes first and LevelDB's
// batch second, so a crash leaves at most one set that only the tombstones know: LevelDB decides that it lives.
//
// LevelDB can lose a key to one flipped bit without a word, so a missing key alone decides nothing: a set that was never
// committed has every row that it had, no intent and no receipt. And a tombstone file that lost its end would wake the
// dead, so every set that LevelDB knows must be in it.

import type { Recovered } from '@cenotaph/journal'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { findReceipt } from '../erasure/delete-receipt.js'
import { deletedSetsPrefix, deleteSetKey } from '../lifecycle/delete.js'
import { rowsUnder } from '../rows-under.js'
import { rowKey } from '../threads/thread-row.js'
import type { PrepareRecord } from '../tombstones/index.js'

/** Fills the dead set. @throws TOMBSTONES_DAMAGED, LEVEL_DAMAGED */
export async function decideTombstones(context: StoreContext, recovered: Recovered): Promise<void> {
  const { tombstones, dead } = context
  await refuseForgotten(context)
  const last = tombstones.lastPrepared
  if (last && !(await wasCommitted(context, recovered, last))) {
    await tombstones.abort(last.operationId)
  }
  for (const set of tombstones.prepared()) dead.add(set)
}

async function refuseForgotten({ journal, tombstones }: StoreContext): Promise<void> {
  const known = new Set<string>(tombstones.prepared().map((set) => set.operationId))
  for await (const [key] of rowsUnder(journal, deletedSetsPrefix)) {
    const operationId = key.slice(deletedSetsPrefix.length)
    if (known.has(operationId)) continue
    throw new StoreError('TOMBSTONES_DAMAGED', 'a deleted set is missing from the tombstones', {
      detail: { operationId, missing: true },
    })
  }
}

async function wasCommitted(
  context: StoreContext,
  { intents }: Recovered,
  { operationId, ids }: PrepareRecord,
): Promise<boolean> {
  const { journal } = context
  if (await journal.get(deleteSetKey(operationId))) return true
  if (intents.some((intent) => intent.id === operationId)) return true
  if (await findReceipt(context, operationId)) return true
  for (const id of ids) {
    if (await journal.get(rowKey(id))) continue
    throw new StoreError(
      'LEVEL_DAMAGED',
      'a deleted set is in the tombstones alone, without rows',
      {
        detail: { operationId, threadId: id },
      },
    )
  }
  return false
}
