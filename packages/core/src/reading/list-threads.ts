// Lists threads page by page from the index, merged with the rows that changed since the last checkpoint. Cost
// depends on the page and on what the filters pass over, not on the number of threads.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { idOfKey, orderPrefix, orderSuffix, type SortKey } from '../threads/index-keys.js'
import { childrenOf } from '../threads/relatives.js'
import { requireThreadId } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { decodeCursor, encodeCursor } from './cursor.js'
import { type ThreadView, viewOf } from './thread-view.js'

export interface ListThreadsOptions {
  /** Default false: threads in use. */
  readonly archived?: boolean
  /** Those that wait for the date of their deletion, archived or not, and no others. */
  readonly scheduled?: boolean
  readonly cwd?: string
  readonly modelProvider?: string
  /** `session_meta.source`, where it is a text, or the name of its one member. */
  readonly source?: string
  /** Children that this thread spawned. */
  readonly parentThreadId?: string
  readonly name?: string
  /** Part of the name or preview, whatever the case. */
  readonly search?: string
  /** Default false: threads that others spawned are hidden. */
  readonly includeSubagents?: boolean
  /** Default `created`. */
  readonly sort?: SortKey
  /** Default `desc`: newest first. */
  readonly direction?: 'asc' | 'desc'
  /** Default 25, at most 1,000. */
  readonly limit?: number
  readonly cursor?: string
}

export interface ThreadPage {
  readonly threads: readonly ThreadView[]
  /** Null on the last page. */
  readonly nextCursor: string | null
}

const LIMIT_DEFAULT = 25
const LIMIT_MAX = 1_000
const READ_AHEAD = 200

/** @throws ARGUMENT_INVALID, CURSOR_INVALID, THREAD_ID_MALFORMED */
export async function listThreads(
  context: StoreContext,
  options: ListThreadsOptions = {},
): Promise<ThreadPage> {
  checkOptions(options, {
    archived: 'flag',
    scheduled: 'flag',
    cwd: 'text',
    modelProvider: 'text',
    source: 'text',
    name: 'text',
    search: 'text',
    includeSubagents: 'flag',
    sort: ['created', 'updated'],
    direction: ['asc', 'desc'],
  })
  const limit = limitOf(options.limit)
  const query = queryText(options)
  const after = options.cursor === undefined ? undefined : decodeCursor(query, options.cursor)
  const rows: ThreadRow[] = []
  let more = false
  for await (const row of rowsInOrder(context, options, after)) {
    if (rows.length === limit) {
      more = true
      break
    }
    rows.push(row)
  }
  const last = rows.at(-1)
  return {
    threads: await Promise.all(rows.map((row) => viewOf(context, row))),
    nextCursor: more && last ? encodeCursor(query, orderSuffix(last, sortOf(options))) : null,
  }
}

const sortOf = (options: ListThreadsOptions): SortKey => options.sort ?? 'created'

export function limitOf(limit: number | undefined): number {
  if (limit === undefined) return LIMIT_DEFAULT
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit
  throw new StoreError('ARGUMENT_INVALID', `limit must be 1 to ${LIMIT_MAX}`, { detail: { limit } })
}

export function queryText(options: ListThreadsOptions): string {
  const { cursor: _cursor, limit: _limit, ...query } = options
  return JSON.stringify(Object.entries(query).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** All matching rows in order, from behind `after`. */
async function* rowsInOrder(
  context: StoreContext,
  options: ListThreadsOptions,
  after: string | undefined,
): AsyncGenerator<ThreadRow> {
  if (options.parentThreadId !== undefined) {
    const ids = await childrenOf(context, requireThreadId(options.parentThreadId))
    yield* sortedRows(context, ids, { ...options, includeSubagents: true }, after)
    return
  }
  if (options.scheduled) {
    const ids = context.schedules.all().flatMap((schedule) => schedule.ids)
    yield* sortedRows(context, ids, options, after)
    return
  }
  const sort = sortOf(options)
  const ascending = options.direction === 'asc'
  const before = (a: string, b: string): boolean => (ascending ? a < b : a > b)
  // Rows whose place in the order LevelDB does not know yet; they are in memory, and few.
  const moved = new Set<ThreadId>()
  const waiting: { suffix: string; row: ThreadRow }[] = []
  for (const { threadId, row, persisted } of context.threads.dirty()) {
    const suffix = orderSuffix(row, sort)
    if (persisted && orderSuffix(persisted, sort) === suffix) continue
    moved.add(threadId)
    if (after === undefined || before(after, suffix)) waiting.push({ suffix, row })
  }
  waiting.sort((a, b) => (before(a.suffix, b.suffix) ? -1 : 1))
  for await (const { suffix, row } of indexedRows(context, options, after)) {
    if (moved.has(row.threadId)) continue
    while (waiting[0] && before(waiting[0].suffix, suffix)) {
      const next = waiting.shift()!
      if (matches(context, next.row, options)) yield next.row
    }
    if (matches(context, row, options)) yield row
  }
  for (const { row } of waiting) if (matches(context, row, options)) yield row
}

async function* indexedRows(
  context: StoreContext,
  options: ListThreadsOptions,
  after: string | undefined,
): AsyncGenerator<{ suffix: string; row: ThreadRow }> {
  const directory =
    options.cwd === undefined ? undefined : context.directories.handleOf(options.cwd)
  if (options.cwd !== undefined && directory === undefined) return
  const prefix = orderPrefix({
    archived: options.archived ?? false,
    sort: sortOf(options),
    directory,
  })
  const ascending = options.direction === 'asc'
  const end = `${prefix.slice(0, -1)}0`
  let from = after === undefined ? undefined : prefix + after
  for (;;) {
    const page = await context.journal.page({
      gt: ascending ? (from ?? prefix) : prefix,
      lt: ascending ? end : (from ?? end),
      reverse: !ascending,
      limit: READ_AHEAD,
    })
    const states = await context.threads.loadMany(page.entries.map(([key]) => idOfKey(key)))
    for (const [index, state] of states.entries()) {
      const key = page.entries[index]![0]
      if (state) yield { suffix: key.slice(prefix.length), row: state.row }
      from = key
    }
    if (page.entries.length < READ_AHEAD) return
  }
}

/** Of threads that are known by their ids; in memory together. */
async function* sortedRows(
  context: StoreContext,
  ids: readonly ThreadId[],
  options: ListThreadsOptions,
  after: string | undefined,
): AsyncGenerator<ThreadRow> {
  const sort = sortOf(options)
  const ascending = options.direction === 'asc'
  const states = await context.threads.loadMany(ids)
  const rows = states.flatMap((state) => (state ? [state.row] : []))
  const ordered = rows
    .map((row) => ({ suffix: orderSuffix(row, sort), row }))
    .sort((a, b) => (a.suffix < b.suffix === ascending ? -1 : 1))
  for (const { suffix, row } of ordered) {
    const passed = after !== undefined && (ascending ? suffix <= after : suffix >= after)
    if (!passed && matches(context, row, options)) yield row
  }
}

function matches(context: StoreContext, row: ThreadRow, options: ListThreadsOptions): boolean {
  if (context.dead.has(row.threadId)) return false
  const scheduled = options.scheduled ?? false
  if (context.schedules.has(row.threadId) !== scheduled) return false
  const archived = options.archived ?? (scheduled ? row.archived : false)
  if (row.archived !== archived) return false
  if (!options.includeSubagents && isBelowAnother(context, row, scheduled)) return false
  if (options.cwd !== undefined && row.cwd !== options.cwd) return false
  if (options.name !== undefined && row.name !== options.name) return false
  if (options.modelProvider !== undefined && row.modelProvider !== options.modelProvider)
    return false
  if (options.source !== undefined && sourceName(row.source) !== options.source) return false
  if (options.search === undefined) return true
  const wanted = options.search.toLowerCase()
  return [row.name, row.preview].some((text) => text?.toLowerCase().includes(wanted) ?? false)
}

/** One that waits for its date while its parent does not stands for itself: nothing else in the list would tell of it. */
function isBelowAnother(context: StoreContext, row: ThreadRow, scheduled: boolean): boolean {
  if (row.parentThreadId === null) return false
  return !scheduled || context.schedules.has(row.parentThreadId)
}

export const sourceName = (source: unknown): string | undefined => {
  if (typeof source === 'string') return source
  return typeof source === 'object' && source !== null ? Object.keys(source)[0] : undefined
}
