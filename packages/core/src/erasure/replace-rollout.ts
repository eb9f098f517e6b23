// Rewrites a rollout in place of the old one, all or nothing: staged, made durable, renamed over it, folder synced,
// row brought up to date. The caller holds the thread's exclusive lock and has settled its appends. Bytes that are not
// those that were committed are never written anew: they would pass for the true ones from then on.

import path from 'node:path'
import { openPlainSource, readForward, sessionMetaOf, summarise } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { sizeError } from '../append/rollout-writers.js'
import type { StoreContext } from '../context.js'
import { stageBytes } from '../files/staging.js'
import { uniqueName } from '../files/unique-name.js'
import { batchOf } from '../lifecycle/batch.js'
import { baseOf, rolloutRow } from '../threads/new-row.js'
import { refuseChangedBytes } from '../threads/rollout-checksum.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'

/** Puts new bytes in place of a rollout, in plain form. @throws ROLLOUT_DAMAGED where the old ones have changed */
export async function replaceRollout(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
  write: (put: (bytes: Uint8Array) => Promise<void>) => Promise<void>,
): Promise<void> {
  await refuseChangedBytes(context, row, rollout)
  const target = context.layout.rolloutPath({ archived: row.archived, fileName: rollout.fileName })
  const staged = path.join(context.layout.stagingFolder, `${uniqueName(context)}.tmp`)
  context.replacements.stage(staged, row.threadId)
  try {
    await stageBytes(context, staged, write)
  } catch (error) {
    context.replacements.unstage(staged)
    // What was staged holds lines of a base that is being erased.
    await context.disk.unlink(staged)
    throw error
  }
  context.replacements.begin(rollout.rolloutId)
  try {
    await context.disk.rename(staged, target).finally(() => context.replacements.unstage(staged))
    await context.disk.syncFolder(path.dirname(target))
    if (await context.disk.unlink(`${target}.zst`)) {
      await context.disk.syncFolder(path.dirname(target))
    }
    await refreshRow(context, row, rollout)
  } catch (error) {
    const replaced = await wasReplaced(context, row, rollout).catch(() => true)
    if (replaced) context.replacements.fail(rollout.rolloutId)
    else context.replacements.end(rollout.rolloutId)
    throw error
  }
}

/**
 * A crash between a replacement and its row leaves a file that the row does not describe yet: it says that it continues
 * something else. Any other difference is not ours, and is neither adopted nor written over.
 * The thread is locked and its appends are settled. @throws ROLLOUT_CHANGED, ROLLOUT_SHORT
 */
export async function refreshReplaced(context: StoreContext, state: ThreadState): Promise<void> {
  for (const { rolloutId } of state.row.rollouts) {
    const rollout = state.row.rollouts.find((one) => one.rolloutId === rolloutId)!
    if (await wasReplaced(context, state.row, rollout)) {
      await refreshRow(context, state.row, rollout)
    } else await refuseChanged(context, state, rollout)
  }
}

/** @throws ROLLOUT_CHANGED, ROLLOUT_SHORT, ROLLOUT_DAMAGED where a rollout is not as it was committed */
export async function refuseChangedRollouts(
  context: StoreContext,
  state: ThreadState,
): Promise<void> {
  const { row } = state
  for (const rollout of row.rollouts) {
    await refuseChanged(context, state, rollout)
    await refuseChangedBytes(context, row, rollout)
  }
}

async function refuseChanged(
  context: StoreContext,
  state: ThreadState,
  { fileName, bytes }: RolloutRow,
): Promise<void> {
  const target = context.layout.rolloutPath({ archived: state.row.archived, fileName })
  const stat = await context.disk.stat(target)
  // Without a plain form there is the compressed one, which nobody appends to.
  if (stat && stat.bytes !== bytes) throw sizeError(state, stat.bytes, bytes)
}

async function wasReplaced(
  context: StoreContext,
  row: ThreadRow,
  { fileName, base, compressed }: RolloutRow,
): Promise<boolean> {
  const target = context.layout.rolloutPath({ archived: row.archived, fileName })
  const source = await openPlainSource(context.disk, target)
  if (!source) return false
  if (compressed) {
    await source.close()
    return true
  }
  try {
    for await (const line of readForward(source)) {
      const meta = sessionMetaOf(line)
      if (meta) return JSON.stringify(baseOf(meta)) !== JSON.stringify(base)
    }
    return false
  } finally {
    await source.close()
  }
}

/** Brings the row up to date with a rollout that was replaced, here or before a crash. */
async function refreshRow(
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
    await context.journal.commit(() => {
      const batch = batchOf(context, {
        rows: [{ ...row, rollouts, generation: row.generation + 1 }],
      })
      const applied = (): void => {
        batch.applied()
        context.replacements.end(rolloutId)
      }
      return { ...batch, applied }
    })
  } finally {
    await source.close()
  }
}
