// Rows of threads that match, in order, from the index and from what changed since the last checkpoint. Where an index is
// for what is asked, the cost is that of the rows that are taken; else rows are looked at in their stored form, and stay
// out of memory.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { idOfKey, orderPrefix, orderSuffix } from '../threads/index-keys.js'
import { childrenOf } from '../threads/relatives.js'
import { requireThreadId } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { type RowFilter, rowFilter, sortOf, type ThreadFilters } from './thread-filters.js'

export interface PlacedRow {
  /** Rows compare as these texts do. */
  readonly suffix: string
  readonly row: ThreadRow
}

export interface OrderStart {
  readonly suffix: string
  /** Whether the row there comes too. */
  readonly inclusive: boolean
}

export interface OrderOptions {
  /** Default: the beginning. */
  readonly start?: OrderStart | undefined
  /** How many the caller expects to take. Default: many. */
  readonly expected?: number
  readonly signal?: AbortSignal
}

/** A page of keys grows up to this; to take the rows of one is a turn of the event loop. */
const READ_MAX = 200

/** @throws ARGUMENT_INVALID, THREAD_ID_MALFORMED */
export async function* rowsInOrder(
  context: StoreContext,
  filters: ThreadFilters,
  options: OrderOptions = {},
): AsyncGenerator<PlacedRow> {
  const filter = rowFilter(context, filters)
  const order = new Order(filters, options.start)
  const known = await knownIds(context, filters)
  const rows = known
    ? sortedRows(context, known, order)
    : merged(context, order, indexedRows(context, filters, { filter, order, ...options }))
  for await (const placed of rows) if (filter.matches(placed.row)) yield placed
}

/** Where the ids are had without an order, and are few. */
async function knownIds(
  context: StoreContext,
  { parentThreadId, scheduled }: ThreadFilters,
): Promise<readonly ThreadId[] | undefined> {
  if (parentThreadId !== undefined) return childrenOf(context, requireThreadId(parentThreadId))
  return scheduled ? context.schedules.all().flatMap(({ ids }) => ids) : undefined
}

/** Which of two rows comes first, and where the reading begins. */
class Order {
  readonly sort: 'created' | 'updated'
  readonly ascending: boolean
  readonly start: OrderStart | undefined

  constructor(filters: ThreadFilters, start: OrderStart | undefined) {
    this.sort = sortOf(filters)
    this.ascending = filters.direction === 'asc'
    this.start = start
  }

  suffixOf(row: ThreadRow): string {
    return orderSuffix(row, this.sort)
  }

  isBefore(a: string, b: string): boolean {
    return this.ascending ? a < b : a > b
  }

  compare(a: PlacedRow, b: PlacedRow): number {
    return this.isBefore(a.suffix, b.suffix) ? -1 : 1
  }

  /** Whether it comes after the place where the reading begins. */
  isAhead(suffix: string): boolean {
    if (this.start === undefined) return true
    if (suffix === this.start.suffix) return this.start.inclusive
    return this.isBefore(this.start.suffix, suffix)
  }

  /** Of keys under a prefix, from `from` on. */
  range(prefix: string, from: OrderStart | undefined) {
    const end = `${prefix.slice(0, -1)}0`
    const bound = from && prefix + from.suffix
    if (this.ascending) {
      if (bound === undefined) return { gt: prefix, lt: end }
      return from?.inclusive ? { gte: bound, lt: end } : { gt: bound, lt: end }
    }
    const reverse = true
    if (bound === undefined) return { gt: prefix, lt: end, reverse }
    return from?.inclusive
      ? { gt: prefix, lte: bound, reverse }
      : { gt: prefix, lt: bound, reverse }
  }
}

/** The indexed rows, with those whose place LevelDB does not know yet; they are in memory, and few. */
async function* merged(
  context: StoreContext,
  order: Order,
  indexed: AsyncIterable<PlacedRow>,
): AsyncGenerator<PlacedRow> {
  const moved = new Set<ThreadId>()
  const waiting: PlacedRow[] = []
  for (const { threadId, row, persisted } of context.threads.changes.moved()) {
    const suffix = order.suffixOf(row)
    if (persisted && order.suffixOf(persisted) === suffix) continue
    moved.add(threadId)
    if (order.isAhead(suffix)) waiting.push({ suffix, row })
  }
  waiting.sort((a, b) => order.compare(a, b))
  let next = 0
  for await (const placed of indexed) {
    if (moved.has(placed.row.threadId)) continue
    for (let one = waiting[next]; one && order.isBefore(one.suffix, placed.suffix); ) {
      yield one
      next += 1
      one = waiting[next]
    }
    yield placed
  }
  yield* waiting.slice(next)
}

async function* indexedRows(
  context: StoreContext,
  { archived = false, sort, cwd }: ThreadFilters,
  { filter, order, expected, signal }: OrderOptions & { filter: RowFilter; order: Order },
): AsyncGenerator<PlacedRow> {
  const directory = cwd === undefined ? undefined : context.directories.handleOf(cwd)
  if (cwd !== undefined && directory === undefined) return
  const prefix = orderPrefix({ archived, sort: sort ?? 'created', directory })
  let from = order.start
  const goesThrough = filter.scans || expected === undefined
  let limit = goesThrough ? READ_MAX : Math.min(expected, READ_MAX)
  for (;;) {
    signal?.throwIfAborted()
    const { entries } = await context.journal.page({ ...order.range(prefix, from), limit })
    const ids = entries.map(([key]) => idOfKey(key))
    const rows = goesThrough
      ? await context.threads.readRows(ids, filter.mayMatch)
      : (await context.threads.loadMany(ids)).map((state) => state?.row)
    for (const [index, row] of rows.entries())
      if (row) yield { suffix: entries[index]![0].slice(prefix.length), row }
    const last = entries.at(-1)
    if (!last || entries.length < limit) return
    from = { suffix: last[0].slice(prefix.length), inclusive: false }
    limit = Math.min(2 * limit, READ_MAX)
  }
}

/** Of threads that are known by their ids; in memory together. */
async function* sortedRows(
  context: StoreContext,
  ids: readonly ThreadId[],
  order: Order,
): AsyncGenerator<PlacedRow> {
  const states = await context.threads.loadMany(ids)
  const placed = states.flatMap((state) =>
    state ? [{ suffix: order.suffixOf(state.row), row: state.row }] : [],
  )
  for (const one of placed.sort((a, b) => order.compare(a, b)))
    if (order.isAhead(one.suffix)) yield one
}
