// Answers of the two halves of a store as one answer.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import { encodeCursor } from '../reading/cursor.js'
import { type ListThreadsOptions, queryText, type ThreadPage } from '../reading/list-threads.js'
import { isIdPrefix } from '../reading/resolve-thread.js'
import { limitOf } from '../reading/thread-filters.js'
import type { ThreadView } from '../reading/thread-view.js'
import { orderSuffix } from '../threads/index-keys.js'

/** One page of two: both were asked with the same options, so a cursor means the same place in both orders. */
export function mergedPage(
  pages: readonly [ThreadPage, ThreadPage],
  options: ListThreadsOptions,
): ThreadPage {
  const limit = limitOf(options.limit)
  const sort = options.sort ?? 'created'
  const suffixOf = ({ threadId, createdAt, updatedAt }: ThreadView): string =>
    orderSuffix(
      { threadId, createdAt: Date.parse(createdAt), updatedAt: Date.parse(updatedAt) },
      sort,
    )
  const sign = options.direction === 'asc' ? 1 : -1
  const all = pages
    .flatMap(({ threads }) => threads)
    .map((view) => ({ view, suffix: suffixOf(view) }))
    .sort((a, b) => (a.suffix < b.suffix ? -sign : sign))
  const threads = all.slice(0, limit)
  const more = all.length > limit || pages.some(({ nextCursor }) => nextCursor !== null)
  const last = threads.at(-1)
  return {
    threads: threads.map(({ view }) => view),
    nextCursor: more && last ? encodeCursor(queryText(options), last.suffix) : null,
  }
}

export const byId = (views: readonly ThreadView[]): ThreadView[] =>
  [...views].sort((a, b) => (a.threadId < b.threadId ? -1 : 1))

/** What each half found for a text: ids, none, or an error that is the answer. */
export async function candidatesOf(found: Promise<ThreadId>): Promise<readonly ThreadId[]> {
  try {
    return [await found]
  } catch (error) {
    if (isStoreError(error, 'THREAD_NOT_FOUND')) return []
    if (isStoreError(error, 'THREAD_AMBIGUOUS')) return error.detail.candidates as ThreadId[]
    throw error
  }
}

/** What is hidden, in two degrees. */
export interface Hidden {
  isDead(id: ThreadId): boolean
  isScheduled(id: ThreadId): boolean
}

/** One of several: an id wins over a name, the visible over the scheduled, those over the dead. @throws THREAD_AMBIGUOUS */
export function theOne(
  text: string,
  candidates: readonly ThreadId[],
  { isDead, isScheduled }: Hidden,
): ThreadId {
  const byId = isIdPrefix(text) ? candidates.filter((id) => id.startsWith(text.toLowerCase())) : []
  const meant = byId.length > 0 ? byId : candidates
  const living = meant.filter((id) => !isDead(id))
  const visible = living.filter((id) => !isScheduled(id))
  const [left] = [visible, living, meant].filter((ids) => ids.length > 0)
  const [only, ...others] = new Set(left)
  if (only === undefined)
    throw new StoreError('THREAD_NOT_FOUND', `no thread is called that: ${text}`)
  if (others.length === 0) return only
  throw new StoreError('THREAD_AMBIGUOUS', `${others.length + 1} threads are meant by this`, {
    detail: { candidates: [only, ...others].slice(0, 10) },
  })
}
