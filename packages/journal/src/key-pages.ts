// The keys that lie in many ranges, in order. Read forward once, a page at a time: ranges that lie close together share
// a page, and what lies between distant ones is jumped over. So the cost is that of the ranges or that of the keys
// between them, whichever is less, and it does not grow with what the values hold.

import { type Level, reading } from './level.js'
import type { KeyRange } from './tables.js'

/** A page reads so many keys at most, those between the ranges included. */
const KEYS_MAX = 500

export interface KeyPage {
  readonly keys: readonly string[]
  /** Where the next page begins; undefined where nothing is left. */
  readonly next: KeyPlace | undefined
}

export interface KeyPlace {
  readonly range: number
  /** The last key that was read. */
  readonly after?: string
}

/** `ranges` as `mergeRanges` gives them: sorted and apart. Its iterator is closed when it resolves. */
export async function readKeyPage(
  level: Level,
  ranges: readonly KeyRange[],
  { range, after }: KeyPlace = { range: 0 },
): Promise<KeyPage> {
  const last = ranges.at(-1)
  if (!last) return { keys: [], next: undefined }
  const { from } = ranges[range]!
  const lower = after !== undefined && after >= from ? { gt: after } : { gte: from }
  const options = { ...lower, lte: last.to, limit: KEYS_MAX, keyEncoding: 'utf8' } as const
  const read = await reading(() => level.keys(options).all())
  const keys: string[] = []
  let at = range
  for (const key of read) {
    while (at < ranges.length && ranges[at]!.to < key) at += 1
    if (at === ranges.length) break
    if (ranges[at]!.from <= key) keys.push(key)
  }
  const newest = read.at(-1)
  if (read.length < KEYS_MAX || newest === undefined) return { keys, next: undefined }
  while (at < ranges.length && ranges[at]!.to <= newest) at += 1
  return { keys, next: at < ranges.length ? { range: at, after: newest } : undefined }
}

/** Every key of the ranges, page by page, with no iterator open in between. */
export async function* keyPages(
  ranges: readonly KeyRange[],
  read: (place: KeyPlace | undefined) => Promise<KeyPage>,
): AsyncGenerator<readonly string[]> {
  if (ranges.length === 0) return
  let place: KeyPlace | undefined
  do {
    const page = await read(place)
    if (page.keys.length > 0) yield page.keys
    place = page.next
  } while (place !== undefined)
}

/** The same, straight from the database: for whoever keeps other readers out. */
export const keysInRanges = (
  level: Level,
  ranges: readonly KeyRange[],
): AsyncGenerator<readonly string[]> =>
  keyPages(ranges, (place) => readKeyPage(level, ranges, place))
