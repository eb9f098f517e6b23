// The state of any id that ever was: living, archived, erasing or deleted.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { findReceipt } from '../erasure/delete-receipt.js'
import type { PendingStep } from '../lifecycle/delete-result.js'
import { pendingOf } from '../lifecycle/pending-step.js'
import { deleteAfterOf } from '../schedule/schedules.js'
import { isUnconfirmed } from '../schedule/sweep.js'
import { requireThreadId } from '../threads/require-thread.js'
import type { ThreadStateName } from './thread-view.js'

export interface ThreadStatus {
  readonly threadId: ThreadId
  readonly state: ThreadStateName
  readonly deleteAfter: string | null
  readonly deletedAt: string | null
  readonly receiptId: string | null
  /** Of a scheduled thread: true where its date is past by a wall clock that nobody has confirmed. */
  readonly unconfirmed?: boolean
  /** Of a scheduled thread whose date is past: the code of what keeps it, such as THREAD_HELD. */
  readonly keptBy?: string
  /** Of an erasing thread: the step that is not done, the reason, and the next try. */
  readonly pending?: readonly PendingStep[]
}

/** @throws THREAD_ID_MALFORMED, THREAD_NOT_FOUND */
export async function threadStatus(context: StoreContext, given: string): Promise<ThreadStatus> {
  const threadId = requireThreadId(given)
  const receiptId = context.dead.receiptOf(threadId)
  if (receiptId !== undefined) {
    const open = context.openOperations.get(receiptId as OperationId)
    const erasing = open !== undefined
    const receipt = erasing ? undefined : await findReceipt(context, receiptId)
    return {
      threadId,
      state: erasing ? 'erasing' : 'deleted',
      deleteAfter: null,
      deletedAt: receipt?.erasedAt ?? null,
      receiptId: erasing ? null : receiptId,
      ...(open ? { pending: pendingOf(open, 'delete.unlink') } : {}),
    }
  }
  const state = await context.threads.load(threadId)
  if (!state) {
    throw new StoreError('THREAD_NOT_FOUND', `there is no thread ${threadId}`, {
      detail: { threadId },
    })
  }
  const schedule = context.schedules.of(threadId)
  if (schedule) {
    const keptBy = context.dueDeletions.refusalOf(schedule.operationId)
    return {
      threadId,
      state: 'scheduled',
      deleteAfter: deleteAfterOf(schedule),
      deletedAt: null,
      receiptId: null,
      unconfirmed: isUnconfirmed(context, schedule),
      ...(keptBy === undefined ? {} : { keptBy }),
    }
  }
  return {
    threadId,
    state: state.row.archived ? 'archived' : 'active',
    deleteAfter: null,
    deletedAt: null,
    receiptId: null,
  }
}
