// Adopts what another program wrote behind the committed length of a rollout: whole lines that continue it become
// lines of the thread, anything else goes to quarantine. A thread that was parked for it is in use again. Committed
// bytes that have changed are taken as they are: whoever repairs is told, and the row has their checksum from then on.

import { openPlainSource, summarise, type ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { keepBytes } from '../erasure/quarantine.js'
import { settleAppends } from '../lifecycle/barrier.js'
import { batchOf } from '../lifecycle/batch.js'
import { allThreadIds } from '../reading/resolve-thread.js'
import { tailBehind } from '../recovery/replay.js'
import { appendCarried } from '../recovery/retry-carried.js'
import { ageOf, rolloutRow } from '../threads/new-row.js'
import { extended } from '../threads/rollout-checksum.js'
import { currentRollout, withCurrentRollout } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import type { RepairCrashPoint } from './repair-crash-points.js'
import { takeChangedBytes } from './take-changed-bytes.js'

export interface AdoptedTail {
  readonly threadId: ThreadId
  readonly adoptedItems: number
  readonly quarantinedBytes: number
  /** Rollouts whose committed bytes are not those that were committed. */
  readonly changedRollouts: number
}

export async function adoptTails(
  context: StoreContext,
  options: { readonly dryRun: boolean },
): Promise<readonly AdoptedTail[]> {
  const adopted: AdoptedTail[] = []
  for await (const id of allThreadIds(context)) {
    if (context.dead.has(id)) continue
    const release = await context.locks.acquire({ exclusive: [id] })
    try {
      const state = await context.threads.load(id)
      if (!state) continue
      const changedRollouts = await takeChangedBytes(context, state, options.dryRun)
      const tail = await adoptTail(context, state, options.dryRun)
      if (tail) adopted.push({ ...tail, changedRollouts })
      else if (changedRollouts > 0) {
        adopted.push({ threadId: id, adoptedItems: 0, quarantinedBytes: 0, changedRollouts })
      }
    } finally {
      release()
    }
  }
  return adopted
}

async function adoptTail(
  context: StoreContext,
  state: ThreadState,
  dryRun: boolean,
): Promise<Omit<AdoptedTail, 'changedRollouts'> | undefined> {
  if (currentRollout(state.row).compressed) return undefined
  const tail = await tailBehind(context, state)
  if (tail.length === 0) return undefined
  const { threadId } = state
  const { ageUnknown: _, ...row } = state.row
  const before = currentRollout(row)
  const whole = tail.lastIndexOf(10) + 1
  const fragment = tail.subarray(whole)
  const path = context.layout.rolloutPath({ archived: row.archived, fileName: before.fileName })
  const source = await openPlainSource(context.disk, path, before.bytes + whole)
  if (!source) return undefined
  try {
    const summary = await summarise(source)
    const { rolloutId, fileName } = before
    const after = rolloutRow({ rolloutId, fileName, compressed: false, summary })
    const result = {
      threadId,
      adoptedItems: after.items - before.items,
      quarantinedBytes: fragment.length,
    }
    if (dryRun) return result
    // A parked thread must not be asked to write its own lines first: they are what did not fit.
    if (!state.unavailable) await settleAppends(context, [threadId])
    await context.writers.close(threadId)
    if (fragment.length > 0) await cut(context, path, before.bytes + whole, fragment, threadId)
    const updatedAt = Math.max(row.updatedAt, Date.parse(summary.latestTimestamp ?? '') || 0)
    // Adopted lines may be damaged, or have no ordinal: from now on the thread says so.
    const damaged = Math.max(row.damaged, summary.damageCount) + (fragment.length > 0 ? 1 : 0)
    await context.journal.commit(() =>
      batchOf(context, {
        rows: [
          {
            ...withCurrentRollout(row, { ...after, ...extended(before, tail.subarray(0, whole)) }),
            ...ageOf(summary),
            updatedAt,
            damaged,
            generation: row.generation + 1,
          },
        ],
        events: [
          {
            type: 'thread.repaired',
            threadId,
            payload: { adoptedItems: result.adoptedItems, quarantinedBytes: fragment.length },
          },
        ],
      }),
    )
    await context.crashPoint('repair.adopt:after' satisfies RepairCrashPoint)
    state.unavailable = undefined
    // Lines that were acknowledged and found their place taken follow what took it.
    const displaced = state.carried
    state.carried = []
    if (displaced.length > 0) await appendCarried(context, state, displaced)
    return result
  } finally {
    await source.close()
  }
}

async function cut(
  context: StoreContext,
  path: string,
  length: number,
  fragment: Uint8Array,
  owner: ThreadId,
): Promise<void> {
  await keepBytes(context, fragment, { owners: [owner], why: 'uncommitted-tail' })
  await context.crashPoint('repair.quarantine:after' satisfies RepairCrashPoint)
  const file = await context.disk.openWrite(path)
  if (!file) return
  try {
    await file.truncate(length)
    await file.sync()
  } finally {
    await file.close()
  }
  await context.crashPoint('repair.cut:after' satisfies RepairCrashPoint)
}
