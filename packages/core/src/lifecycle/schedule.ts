// Schedule a deletion: the whole set waits for its date, seen by no verb, and can be restored until then. Under the same
// locks and with the same refusals as the delete that it announces, so that nothing of the set is a surprise later.
// One batch has the record, the trusted time it counts from, and the event; there is nothing to do on disk, so there are
// no steps. A thread that is scheduled already moves to the new date.
// Survives: a crash before or after the batch. The set is scheduled whole, or not at all.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { DeleteScope, ForksMode } from '../erasure/delete-scope.js'
import { mapInPieces } from '../in-pieces.js'
import { refuseScheduledAncestors } from '../schedule/ancestors.js'
import { type DueDate, dueMsOf } from '../schedule/due-date.js'
import { deleteAfterOf, scheduledError } from '../schedule/schedules.js'
import { refuseDead } from '../threads/require-thread.js'
import { packUuids } from '../tombstones/index.js'
import type { DeleteArgs } from './delete.js'
import { lockScope, refuseScope } from './delete-scope-locks.js'
import { endWriters } from './end-writers.js'
import { refuseHeld } from './hold.js'
import { defineOperation } from './operation.js'

export interface ScheduleArgs extends Omit<DeleteArgs, 'alreadyDeleted'> {
  readonly due: DueDate
}

interface ScheduleState {
  readonly scope: DeleteScope
  readonly args: ScheduleArgs
  readonly ids: readonly ThreadId[]
  /** As they are stored: ready before the turn that commits them. */
  readonly packedIds: Uint8Array
}

interface SchedulePlan {
  readonly threadIds: readonly ThreadId[]
  readonly planId: string
  readonly roots: readonly ThreadId[]
  readonly forks: ForksMode
  readonly bytes: number
}

export interface Scheduled {
  readonly threadIds: readonly ThreadId[]
  readonly planId: string
  readonly bytes: number
  readonly deleteAfter: string | null
}

export const schedule = defineOperation<ScheduleArgs, ScheduleState, SchedulePlan, Scheduled>({
  name: 'schedule',

  async gather(context, args) {
    const { roots, forks } = args
    const { state: scope, locks } = await lockScope(context, roots, forks)
    try {
      await refuseScope(context, scope, args)
      // What an ancestor's date takes along cannot have a later one.
      const ids = await mapInPieces(scope.rows, (row) => row.threadId)
      const packedIds = await packUuids(ids)
      const set = new Set(ids)
      const dueMs = dueMsOf(context, args.due)
      await refuseScheduledAncestors(context, scope.rows, (ancestor) => {
        return set.has(ancestor) || (context.schedules.of(ancestor)?.dueMs ?? dueMs) >= dueMs
      })
      return { state: { scope, args, ids, packedIds }, locks }
    } catch (error) {
      locks()
      throw error
    }
  },

  plan: ({ scope, args, ids }) => ({
    threadIds: ids,
    planId: scope.planId,
    roots: args.roots,
    forks: args.forks,
    bytes: scope.bytes,
  }),

  commit(context, { threadIds, roots, forks }, operationId, { scope, args, packedIds }) {
    for (const id of threadIds) refuseDead(context, id)
    refuseHeld(scope.rows, (row) => context.threads.peek(row.threadId)?.row ?? row)
    const { reason, requestedBy } = args
    const waiting = {
      operationId,
      ids: threadIds,
      dueMs: dueMsOf(context, args.due),
      roots,
      forks,
      reason,
      requestedBy,
      atMs: context.journal.storeTimeMs(),
    }
    const change = context.schedules.put(waiting, packedIds)
    const payload = { threads: threadIds.length, deleteAfter: deleteAfterOf(waiting) }
    return {
      operations: [...change.operations, ...context.trustedClock.operations()],
      events: [{ type: 'threads.scheduled', threadId: null, payload }],
      applied() {
        change.applied()
        endWriters(context, threadIds, (id) => scheduledError(id, waiting))
        context.dueDeletions.arm()
      },
    }
  },

  steps: [],
  async result(context, { threadIds, planId, bytes }, operationId) {
    const waiting = context.schedules.get(operationId)
    return { threadIds, planId, bytes, deleteAfter: waiting ? deleteAfterOf(waiting) : null }
  },
  locksOf: ({ threadIds }) => ({ exclusive: threadIds }),
  threadsOf: ({ threadIds }) => threadIds,
})

/** @throws THREAD_NOT_SCHEDULED */
export function requireScheduled(context: StoreContext, id: ThreadId): void {
  if (context.schedules.has(id)) return
  throw new StoreError('THREAD_NOT_SCHEDULED', `thread ${id} is not scheduled for deletion`, {
    detail: { threadId: id },
  })
}
