// Searches what people see of all threads, newest thread first. There is no index: the rollouts are read, so there is no
// second copy of a text that a delete would have to reach. Each line is told once, of one thread; see search-scope.ts.
//
// Memory: what is under way is bounded by bytes. Nothing is told of a thread that is dead or waits for its deletion, nor
// of a redacted line, as of the moment in which the page is handed out. A thread that cannot be read is named.

import { type ThreadId, textPattern } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions, checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { inOrder } from '../in-order.js'
import { Paced } from '../in-pieces.js'
import { ownBytes, type ThreadRow } from '../threads/thread-row.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import { queryText } from './list-threads.js'
import { type PlacedRow, rowsInOrder } from './rows-in-order.js'
import { SearchScope } from './search-scope.js'
import { type PlacedHit, type SearchHit, type SearchPlace, searchThread } from './search-thread.js'
import { checkFilters, limitOf, rowFilter, type ThreadFilters } from './thread-filters.js'

export interface SearchThreadsOptions extends Omit<ThreadFilters, 'search' | 'scheduled'> {
  /** Default false: a letter also finds its other case. */
  readonly caseSensitive?: boolean
  /** Hits of a page. Default 100, at most 1,000. */
  readonly limit?: number
  readonly cursor?: string
  readonly signal?: AbortSignal
}

export interface UnreadThread {
  readonly threadId: ThreadId
  /** Of the error that reading it met. */
  readonly code: string
}

export interface SearchPage {
  readonly hits: readonly SearchHit[]
  /** Null once everything was searched. */
  readonly nextCursor: string | null
  /** Threads that could not be searched to their end. */
  readonly unread: readonly UnreadThread[]
}

/** Hits of a page where nobody says. */
export const HITS_DEFAULT = 100
/** Bytes of threads that are searched at once; one of many small ones counts as much as this. */
const UNDER_WAY_BYTES = 32 * 1024 * 1024
const THREAD_BYTES_MIN = 4 * 1024 * 1024
/** Bytes that are searched in one turn of the event loop. */
const TURN_BYTES = 256 * 1024

/** @throws ARGUMENT_INVALID, CURSOR_INVALID, THREAD_ID_MALFORMED, STORE_CLOSED, and what the signal says once it aborts */
export async function searchThreads(
  context: StoreContext,
  text: string,
  options: SearchThreadsOptions = {},
): Promise<SearchPage> {
  checkText(text, 'the text')
  const { limit: given, cursor, signal, caseSensitive = false, ...rest } = options
  // What is no filter of a search is none, whoever gives it.
  const { search: _search, scheduled: _scheduled, ...filters }: ThreadFilters = rest
  checkFilters(filters)
  checkOptions(options, { caseSensitive: 'flag', signal: 'object' })
  const limit = limitOf(given, HITS_DEFAULT)
  const pattern = textPattern(text, { caseSensitive })
  const query = `search ${JSON.stringify([text, caseSensitive])} ${queryText(filters)}`
  const place = cursor === undefined ? undefined : placeOf(decodeCursor(query, cursor))
  const stop = stopping(context, signal)
  try {
    const scope = new SearchScope(context, rowFilter(context, filters).matches)
    const pace = new Paced(TURN_BYTES).turn
    const search = { pattern, scope, limit, pace, signal: stop.signal }
    const start = place && { suffix: place.suffix, inclusive: true }
    const found: PlacedHit[] = []
    const unread: UnreadThread[] = []
    const threads = rowsInOrder(context, filters, { start, signal: stop.signal })
    const bounds = { weightMax: UNDER_WAY_BYTES, weightOf: ({ row }: PlacedRow) => weightOf(row) }
    const run = (placed: PlacedRow) => searchThread(context, placed, { ...search, after: place })
    for await (const { hits, code, threadId } of inOrder(threads, bounds, run)) {
      found.push(...hits.slice(0, limit - found.length))
      if (code !== undefined) unread.push({ threadId, code })
      if (found.length < limit) continue
      stop.end()
      break
    }
    const last = found.at(-1)
    const more = found.length === limit && last !== undefined
    return {
      hits: found.filter((one) => !isGone(context, one)).map(({ hit }) => hit),
      nextCursor: more ? encodeCursor(query, textOf(last)) : null,
      unread: unread.filter(({ threadId }) => !isHidden(context, threadId)),
    }
  } finally {
    stop.end()
  }
}

const textOf = ({ suffix, hit: { threadId, ordinal } }: PlacedHit): string =>
  [suffix, threadId, ordinal].join(' ')

function placeOf(text: string): SearchPlace {
  const [suffix = '', threadId = '', ordinal = ''] = text.split(' ')
  return { suffix, threadId, ordinal: Number(ordinal) }
}

const weightOf = (row: ThreadRow): number => Math.max(THREAD_BYTES_MIN, ownBytes(row))

/** It may have died, got a date or been redacted since it was found. */
const isGone = (context: StoreContext, { rolloutId, hit }: PlacedHit): boolean =>
  isHidden(context, hit.threadId) || context.redactions.hides(rolloutId, hit.ordinal)

const isHidden = ({ dead, schedules }: StoreContext, id: ThreadId): boolean =>
  dead.has(id) || schedules.has(id)

/** Ends with the caller's signal, with the store, or when enough was found. */
function stopping(
  context: StoreContext,
  signal: AbortSignal | undefined,
): { signal: AbortSignal; end: () => void } {
  signal?.throwIfAborted()
  const stop = new AbortController()
  const onAbort = (): void => stop.abort(signal?.reason)
  const onClose = (): void => stop.abort(new StoreError('STORE_CLOSED', 'the store was closed'))
  signal?.addEventListener('abort', onAbort)
  context.closing.addEventListener('abort', onClose)
  return {
    signal: stop.signal,
    end() {
      signal?.removeEventListener('abort', onAbort)
      context.closing.removeEventListener('abort', onClose)
      stop.abort()
    },
  }
}
