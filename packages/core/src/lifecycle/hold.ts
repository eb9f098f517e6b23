// Hold and pin: what keeps a thread from being deleted. A hold blocks every deletion of it: its own, that of what
// spawned it, one of forks, a selection, retention, a date that has come. A pin keeps retention away, nothing else.
// One batch has the row and the event; there is nothing to do on disk, so there are no steps. Scheduled and parked
// threads can be held too: a hold is most needed where something is about to happen.
// Survives: a crash before or after the batch. The thread is on hold, or it is not.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { refuseDead } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { gatherLocked } from './barrier.js'
import { defineOperation, type NewEvent, type OperationDefinition } from './operation.js'

interface MarkState {
  readonly row: ThreadRow
  /** Undefined where there is nothing to change. */
  readonly marked: ThreadRow | undefined
  readonly payload: NewEvent['payload']
}

interface MarkPlan {
  readonly threadId: ThreadId
}

interface ThreadArgs {
  readonly threadId: ThreadId
}

type MarkOperation<Args> = OperationDefinition<Args, MarkState, MarkPlan, ThreadId>

const REASON_CHARACTERS_MAX = 500

/** A thread that is held already gets the new reason. */
export const hold = markOperation<ThreadArgs & { readonly reason: string }>(
  'hold',
  'thread.held',
  (row, { reason }, atMs) =>
    row.hold?.reason === reason ? row : { ...row, hold: { reason, atMs } },
  ({ reason }) => ({ reason }),
)

export const unhold = markOperation<ThreadArgs>('unhold', 'thread.unheld', (row) => {
  const { hold: before, ...free } = row
  if (before) return free
  throw new StoreError('THREAD_NOT_HELD', `thread ${row.threadId} is not on hold`, {
    detail: { threadId: row.threadId },
  })
})

export const pin = markOperation<ThreadArgs>('pin', 'thread.pinned', (row) =>
  row.pinned ? row : { ...row, pinned: true },
)

export const unpin = markOperation<ThreadArgs>('unpin', 'thread.unpinned', (row) => {
  const { pinned, ...free } = row
  return pinned ? free : row
})

function markOperation<Args extends ThreadArgs>(
  name: string,
  event: string,
  change: (row: ThreadRow, args: Args, nowMs: number) => ThreadRow,
  payloadOf: (args: Args) => NewEvent['payload'] = () => ({}),
): MarkOperation<Args> {
  return defineOperation<Args, MarkState, MarkPlan, ThreadId>({
    name,

    gather: (context, args) =>
      gatherLocked(context, { exclusive: [args.threadId] }, async () => {
        const row = await requireRow(context, args.threadId)
        const marked = change(row, args, context.journal.storeTimeMs())
        return { row, marked: marked === row ? undefined : marked, payload: payloadOf(args) }
      }),

    plan: ({ row: { threadId } }) => ({ threadId }),

    commit(context, { threadId }, _operationId, { marked, payload }) {
      refuseDead(context, threadId)
      return marked ? { rows: [marked], events: [{ type: event, threadId, payload }] } : {}
    },

    steps: [],
    result: async (_context, { threadId }) => threadId,
    locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
    threadsOf: ({ threadId }) => [threadId],
  })
}

/** Of any thread that is not dead, whatever else it is. @throws THREAD_DELETED, THREAD_NOT_FOUND */
async function requireRow(context: StoreContext, id: ThreadId): Promise<ThreadRow> {
  refuseDead(context, id)
  const state = await context.threads.load(id)
  refuseDead(context, id)
  if (state) return state.row
  throw new StoreError('THREAD_NOT_FOUND', `there is no thread ${id}`, { detail: { threadId: id } })
}

/** @throws ARGUMENT_INVALID */
export function checkHoldReason(reason: string): void {
  const usable = typeof reason === 'string' && reason.trim() !== ''
  if (usable && reason.length <= REASON_CHARACTERS_MAX && !reason.includes('\0')) return
  throw new StoreError('ARGUMENT_INVALID', 'the reason of a hold has 1 to 500 characters')
}

/** `rowNow`: the row as it is now, of one that was read before. @throws THREAD_HELD, which names them */
export function refuseHeld(
  rows: readonly ThreadRow[],
  rowNow: (row: ThreadRow) => ThreadRow = (row) => row,
): void {
  const threadIds: ThreadId[] = []
  for (const row of rows) if (rowNow(row).hold) threadIds.push(row.threadId)
  if (threadIds.length === 0) return
  throw new StoreError(
    'THREAD_HELD',
    threadIds.length === 1 ? 'a thread is on hold' : `${threadIds.length} threads are on hold`,
    {
      detail: { threadIds },
    },
  )
}
