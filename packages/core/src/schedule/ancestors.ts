// A thread dies with what spawned it. So a thread is neither restored nor given a later date while an ancestor keeps its
// own: that would be a promise which the ancestor's date breaks.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { scheduledError } from './schedules.js'

/** @throws THREAD_SCHEDULED, which names the ancestor */
export async function refuseScheduledAncestors(
  context: StoreContext,
  rows: readonly ThreadRow[],
  isFine: (ancestor: ThreadId) => boolean,
): Promise<void> {
  const seen = new Set<ThreadId>()
  for (const row of rows) {
    for (let at = row.parentThreadId; at !== null && !seen.has(at); ) {
      seen.add(at)
      const schedule = context.schedules.of(at)
      if (schedule && !isFine(at)) throw scheduledError(at, schedule)
      const state = context.dead.has(at) ? undefined : await context.threads.load(at)
      at = state?.row.parentThreadId ?? context.dead.parentOf(at) ?? null
    }
  }
}
