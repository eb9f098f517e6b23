// The questions that every verb asks first: is this an id, is the thread dead, is it there?

import { parseThreadId, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { inPieces } from '../in-pieces.js'
import { scheduledError } from '../schedule/schedules.js'
import type { ThreadState } from './thread-state.js'

/** @throws THREAD_ID_MALFORMED */
export function requireThreadId(text: string): ThreadId {
  const id = typeof text === 'string' ? parseThreadId(text) : undefined
  if (id) return id
  throw new StoreError('THREAD_ID_MALFORMED', 'a thread id is a UUID', {
    detail: { given: String(text) },
  })
}

/** Ids that a call names. @throws ARGUMENT_INVALID where there is none or no list, THREAD_ID_MALFORMED */
export function requireThreadIds(given: readonly string[]): ThreadId[] {
  refuseNoList(given)
  return given.map(requireThreadId)
}

function refuseNoList(given: readonly string[]): void {
  if (Array.isArray(given) && given.length > 0) return
  throw new StoreError('ARGUMENT_INVALID', 'name at least one thread, in a list')
}

/** As {@link requireThreadIds}, each once, in pieces: a delete may name 10,000. */
export async function requireManyThreadIds(given: readonly string[]): Promise<ThreadId[]> {
  const ids = new Set<ThreadId>()
  refuseNoList(given)
  for await (const piece of inPieces(given)) for (const id of piece) ids.add(requireThreadId(id))
  return [...ids]
}

/** @throws THREAD_DELETED with the receipt's id */
export function refuseDead(context: StoreContext, id: ThreadId): void {
  if (!context.dead.has(id)) return
  throw new StoreError('THREAD_DELETED', `thread ${id} is deleted`, {
    detail: { threadId: id, receiptId: context.dead.receiptOf(id) },
  })
}

/** @throws THREAD_DELETED, and THREAD_SCHEDULED with the date */
export function refuseHidden(context: StoreContext, id: ThreadId): void {
  refuseDead(context, id)
  const schedule = context.schedules.of(id)
  if (schedule) throw scheduledError(id, schedule)
}

/** The living thread of an id. @throws THREAD_DELETED, THREAD_SCHEDULED, THREAD_NOT_FOUND */
export async function requireThread(context: StoreContext, id: ThreadId): Promise<ThreadState> {
  refuseHidden(context, id)
  const state = await context.threads.load(id)
  refuseHidden(context, id)
  if (state) return state
  throw new StoreError('THREAD_NOT_FOUND', `there is no thread ${id}`, { detail: { threadId: id } })
}

/** A thread that an operation may change. @throws also THREAD_UNAVAILABLE */
export async function requireUsable(context: StoreContext, id: ThreadId): Promise<ThreadState> {
  const state = await requireThread(context, id)
  refuseParked(state)
  return state
}

/** @throws THREAD_UNAVAILABLE */
export function refuseParked(state: ThreadState): void {
  const id = state.threadId
  if (state.unavailable) {
    throw new StoreError(
      'THREAD_UNAVAILABLE',
      `thread ${id} is parked: ${state.unavailable.message}`,
      {
        cause: state.unavailable,
        detail: { threadId: id, reason: state.unavailable.code },
      },
    )
  }
}

/** @throws THREAD_ARCHIVED */
export function refuseArchived(state: ThreadState): void {
  if (!state.row.archived) return
  throw new StoreError(
    'THREAD_ARCHIVED',
    `thread ${state.threadId} is archived; unarchive it first`,
    {
      detail: { threadId: state.threadId },
    },
  )
}
