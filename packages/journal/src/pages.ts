// The only way to iterate. A page is read whole and its iterator closed before the page is handed out,
// so no iterator outlives it: an open one would pin deleted text in the database's files.

import { StoreError } from '@cenotaph/storage'
import { unseal } from './checked-value.js'
import { type Level, reading } from './level.js'

export const PAGE_ROWS_MAX = 1_000
/** A page ends behind the row that takes it there: values may be as large as attachments. */
const PAGE_BYTES_MAX = 8 * 1024 * 1024
/** What the database hands over at once. */
const READ_BYTES = 1024 * 1024

export interface PageRange {
  readonly gt?: string
  readonly gte?: string
  readonly lt?: string
  readonly lte?: string
  readonly reverse?: boolean
  /** Rows: 1 to 1,000, which is also the default. A page of large values has fewer. */
  readonly limit?: number
}

export interface Page {
  readonly entries: readonly (readonly [key: string, body: Uint8Array])[]
  /** Key to go on from (exclusive bound: `gt`, or `lt` in reverse); undefined where nothing is left. */
  readonly next: string | undefined
}

/**
 * Reads one page. Every value's checksum is verified. Errors: LEVEL_DAMAGED `{ key }`, ARGUMENT_INVALID
 * for a limit outside 1 to 1,000, STORE_CLOSED, DISK_ERROR.
 */
export async function readPage(level: Level, range: PageRange): Promise<Page> {
  const limit = range.limit ?? PAGE_ROWS_MAX
  if (!Number.isInteger(limit) || limit < 1 || limit > PAGE_ROWS_MAX)
    throw new StoreError('ARGUMENT_INVALID', `a page has 1 to ${PAGE_ROWS_MAX} rows`, {
      detail: { limit },
    })
  const { rows, ended } = await reading(() => readSome(level, range, limit))
  const entries = rows.map(([key, value]) => [key, unseal(key, value)] as const)
  return { entries, next: ended ? undefined : rows.at(-1)?.[0] }
}

async function readSome(
  level: Level,
  range: PageRange,
  limit: number,
): Promise<{ rows: [string, Uint8Array][]; ended: boolean }> {
  const options = { ...range, limit, highWaterMarkBytes: READ_BYTES }
  const iterator = level.iterator<string, Uint8Array>({
    ...options,
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  })
  const rows: [string, Uint8Array][] = []
  let bytes = 0
  try {
    while (bytes < PAGE_BYTES_MAX && rows.length < limit) {
      const read = await iterator.nextv(limit - rows.length)
      if (read.length === 0) return { rows, ended: true }
      rows.push(...read)
      for (const [, value] of read) bytes += value.length
    }
    return { rows, ended: false }
  } finally {
    await iterator.close()
  }
}

/** Every row of a range, page by page, with no iterator open in between. */
export async function* readRows(
  level: Level,
  range: PageRange,
): AsyncGenerator<readonly [key: string, body: Uint8Array]> {
  let from: PageRange = range
  for (;;) {
    const page = await readPage(level, from)
    yield* page.entries
    if (page.next === undefined) return
    const { gte: _, ...rest } = range
    from = { ...rest, gt: page.next }
  }
}
