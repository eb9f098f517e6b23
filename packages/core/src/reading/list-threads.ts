// Lists threads page by page. Cost depends on the page and on what the filters pass over, not on the number of threads. A
// page that is asked for again is not made again as long as nothing has changed.

import type { StoreContext } from '../context.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import { type PlacedRow, rowsInOrder } from './rows-in-order.js'
import { checkFilters, limitOf, type ThreadFilters } from './thread-filters.js'
import { type ThreadView, viewsOf } from './thread-view.js'

export interface ListThreadsOptions extends ThreadFilters {
  /** Default 25, at most 1,000. */
  readonly limit?: number
  readonly cursor?: string
}

export interface ThreadPage {
  readonly threads: readonly ThreadView[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

/** @throws ARGUMENT_INVALID, CURSOR_INVALID, THREAD_ID_MALFORMED */
export async function listThreads(
  context: StoreContext,
  options: ListThreadsOptions = {},
): Promise<ThreadPage> {
  checkFilters(options)
  const limit = limitOf(options.limit)
  const query = queryText(options)
  const { cursor } = options
  const after = cursor === undefined ? undefined : decodeCursor(query, cursor)
  return context.pages.page(`${limit} ${after ?? ''} ${query}`, async () => {
    const start = after === undefined ? undefined : { suffix: after, inclusive: false }
    const rows: PlacedRow[] = []
    let more = false
    for await (const placed of rowsInOrder(context, options, { start, expected: limit + 1 })) {
      more = rows.length === limit
      if (more) break
      rows.push(placed)
    }
    const last = rows.at(-1)
    return {
      threads: await viewsOf(
        context,
        rows.map(({ row }) => row),
      ),
      nextCursor: more && last ? encodeCursor(query, last.suffix) : null,
    }
  })
}

export function queryText(options: ListThreadsOptions): string {
  const { cursor: _cursor, limit: _limit, ...query } = options
  return JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)))
}
