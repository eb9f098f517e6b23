// Which threads a list or a search is about, and in which order.

import { type TextPattern, textPattern } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import type { SortKey } from '../threads/index-keys.js'
import type { ThreadRow } from '../threads/thread-row.js'

export interface ThreadFilters {
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
}

/** @throws ARGUMENT_INVALID */
export const checkFilters = (filters: ThreadFilters): void =>
  checkOptions(filters, {
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

export const sortOf = ({ sort }: ThreadFilters): SortKey => sort ?? 'created'

const LIMIT_MAX = 1_000

/** @throws ARGUMENT_INVALID */
export function limitOf(limit: number | undefined, otherwise = 25): number {
  if (limit === undefined) return otherwise
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit
  throw new StoreError('ARGUMENT_INVALID', `limit must be 1 to ${LIMIT_MAX}`, { detail: { limit } })
}

/** Filters, checked and ready to be asked many times. */
export interface RowFilter {
  matches(row: ThreadRow): boolean
  /** False for the stored bytes of a row that cannot match. */
  mayMatch(body: Buffer): boolean
  /** Whether rows are likely to be passed over, because no index is for what is asked. */
  readonly scans: boolean
}

/** @throws ARGUMENT_INVALID for a search for more than 1,000 characters */
export function rowFilter(context: StoreContext, filters: ThreadFilters): RowFilter {
  const { name, modelProvider, source, search } = filters
  const wanted = search ? textPattern(search) : undefined
  const stored = [
    ...(wanted ? [wanted] : []),
    ...[name, modelProvider, source].flatMap((text) => (text ? [exactly(text)] : [])),
  ]
  return {
    scans: stored.length > 0,
    // Rows are written in the one way that the pattern's bytes are made for.
    mayMatch: (body) => stored.every((pattern) => pattern.indexIn(body, 0) >= 0),
    matches: (row) =>
      isAmong(context, row, filters) &&
      (name === undefined || row.name === name) &&
      (modelProvider === undefined || row.modelProvider === modelProvider) &&
      (source === undefined || sourceName(row.source) === source) &&
      (wanted === undefined ||
        [row.name, row.preview].some((text) => text !== null && wanted.find(text) !== undefined)),
  }
}

/** The whole text is compared later; the first characters are enough to pass most rows over. */
const exactly = (text: string): TextPattern =>
  textPattern([...text].slice(0, 200).join(''), { caseSensitive: true })

function isAmong(context: StoreContext, row: ThreadRow, filters: ThreadFilters): boolean {
  if (context.dead.has(row.threadId)) return false
  const scheduled = filters.scheduled ?? false
  if (context.schedules.has(row.threadId) !== scheduled) return false
  const archived = filters.archived ?? (scheduled ? row.archived : false)
  if (row.archived !== archived) return false
  const alsoSpawned = filters.includeSubagents || filters.parentThreadId !== undefined
  if (!alsoSpawned && isBelowAnother(context, row, scheduled)) return false
  const parent = filters.parentThreadId?.toLowerCase()
  if (parent !== undefined && row.parentThreadId !== parent) return false
  return filters.cwd === undefined || row.cwd === filters.cwd
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
