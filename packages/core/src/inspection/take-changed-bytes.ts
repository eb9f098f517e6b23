// Committed bytes that have changed on the disk: verify reports them for as long as the row has the checksum of the true
// ones, and nothing writes such a rollout anew. A repair ends that where no backup can: it takes the bytes as they are,
// and names the thread. A rollout without a checksum gets one on the way.

import { summarise } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { settleAppends } from '../lifecycle/barrier.js'
import { batchOf } from '../lifecycle/batch.js'
import { openRollout } from '../reading/open-rollout.js'
import { rolloutRow } from '../threads/new-row.js'
import { differs } from '../threads/rollout-checksum.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import type { RepairCrashPoint } from './repair-crash-points.js'

/** The thread is locked. Gives the number of rollouts whose bytes had changed. */
export async function takeChangedBytes(
  context: StoreContext,
  state: ThreadState,
  dryRun: boolean,
): Promise<number> {
  // What parks a thread is mended first; the next repair looks at its bytes.
  if (state.unavailable) return 0
  const { threadId } = state
  if (!dryRun) await settleAppends(context, [threadId])
  const { row } = state
  const rollouts: RolloutRow[] = []
  for (const rollout of row.rollouts) rollouts.push(await rolloutAsItIs(context, row, rollout))
  const changed = rollouts.filter((one, index) => differs(row.rollouts[index]!, one.crc32!))
  const isAsBefore = rollouts.every((one, index) => one === row.rollouts[index])
  if (dryRun || isAsBefore) return changed.length
  const generation = row.generation + 1
  const damaged = row.damaged + changed.length
  const payload = { changedRollouts: changed.length }
  await context.journal.commit(() =>
    batchOf(context, {
      rows: [{ ...row, rollouts, damaged, generation }],
      events: changed.length > 0 ? [{ type: 'thread.repaired', threadId, payload }] : [],
    }),
  )
  await context.crashPoint('repair.take:after' satisfies RepairCrashPoint)
  return changed.length
}

/** The same row where nothing has changed, or where there is nothing that could be read. */
async function rolloutAsItIs(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
): Promise<RolloutRow> {
  try {
    const source = await openRollout(context, row, rollout)
    try {
      const summary = await summarise(source)
      if (rollout.crc32 === summary.crc32) return rollout
      const { rolloutId, fileName, compressed } = rollout
      return rolloutRow({ rolloutId, fileName, compressed, summary })
    } finally {
      await source.close()
    }
  } catch (error) {
    if (isStoreError(error)) return rollout
    throw error
  }
}
