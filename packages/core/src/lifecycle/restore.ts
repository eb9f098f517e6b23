// Restore threads whose deletion waits for its date, with all that they spawned. One batch rewrites or removes the records
// of their sets and has the event; there is nothing to do on disk, so there are no steps.
// Survives: a crash before or after the batch. All of them are back, or none.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { refuseScheduledAncestors } from '../schedule/ancestors.js'
import { refuseDead } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { lockTree } from './archive.js'
import { defineOperation } from './operation.js'
import { requireScheduled } from './schedule.js'

interface RestoreArgs {
  readonly threadIds: readonly ThreadId[]
}

interface RestorePlan {
  readonly threadIds: readonly ThreadId[]
}

export const restore = defineOperation<
  RestoreArgs,
  readonly ThreadId[],
  RestorePlan,
  readonly ThreadId[]
>({
  name: 'restore',

  gather(context, { threadIds }) {
    for (const id of threadIds) refuseUnscheduled(context, id)
    return lockTree(context, threadIds, async (ids) => {
      for (const id of threadIds) refuseUnscheduled(context, id)
      const back = ids.filter((id) => context.schedules.has(id))
      const rows: ThreadRow[] = []
      for (const state of await context.threads.loadMany(threadIds)) if (state) rows.push(state.row)
      const inside = new Set(back)
      await refuseScheduledAncestors(context, rows, (ancestor) => inside.has(ancestor))
      return back
    })
  },

  plan: (threadIds) => ({ threadIds }),

  commit(context, { threadIds }) {
    for (const id of threadIds) refuseUnscheduled(context, id)
    const change = context.schedules.without(threadIds)
    const payload = { threads: threadIds.length }
    return {
      operations: change.operations,
      events: [{ type: 'threads.restored', threadId: null, payload }],
      applied: change.applied,
    }
  },

  steps: [],
  result: async (_context, { threadIds }) => threadIds,
  locksOf: ({ threadIds }) => ({ exclusive: threadIds }),
  threadsOf: ({ threadIds }) => threadIds,
})

function refuseUnscheduled(context: StoreContext, id: ThreadId): void {
  refuseDead(context, id)
  requireScheduled(context, id)
}
