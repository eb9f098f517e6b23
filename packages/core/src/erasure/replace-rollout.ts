// Rewrites a rollout in place of the old one, all or nothing: staged, made durable, renamed over it, folder synced,
// row brought up to date. The caller holds the thread's exclusive lock and has settled its appends.

import path from 'node:path'
import { openPlainSource, summarise } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { batchOf } from '../lifecycle/batch.js'
import { stageBytes } from '../lifecycle/publish.js'
import { uniqueName } from '../recovery/unique-name.js'
import { rolloutRow } from '../threads/new-row.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'

/** Puts new bytes in place of a rollout, in plain form. */
export async function replaceRollout(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
  write: (put: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  const target = context.layout.rolloutPath({ archived: row.archived, fileName: rollout.fileName })
  const staged = path.join(context.layout.stagingFolder, `${uniqueName(context)}.tmp`)
  await stageBytes(context, staged, write)
  await context.disk.rename(staged, target)
  await context.disk.syncFolder(path.dirname(target))
  if (await context.disk.unlink(`${target}.zst`)) {
    await context.disk.syncFolder(path.dirname(target))
  }
  await refreshRow(context, row, rollout)
}

/** Brings the row up to date with a rollout that was replaced, here or before a crash. */
export async function refreshRow(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
): Promise<void> {
  const path = context.layout.rolloutPath({ archived: row.archived, fileName: rollout.fileName })
  const source = await openPlainSource(context.disk, path)
  if (!source) throw new StoreError('ROLLOUT_NOT_FOUND', 'a replaced rollout is gone')
  try {
    const { rolloutId, fileName } = rollout
    const summary = await summarise(source)
    const fresh = rolloutRow({ rolloutId, fileName, compressed: false, summary })
    const rollouts = row.rollouts.map((one) => (one.rolloutId === rolloutId ? fresh : one))
    await context.journal.commit(() =>
      batchOf(context, { rows: [{ ...row, rollouts, generation: row.generation + 1 }] }),
    )
  } finally {
    await source.close()
  }
}
