// Physical erasure of key ranges whose keys are deleted. Deleting leaves the bytes, and so does deleting
// and compacting: LevelDB flushes a put and its delete into one new table, places that on a deep level,
// and does not rewrite the deepest level that it finds. The recipe:
//
//   1. compact the ranges; this flushes, and brings what lies in a range to one level;
//   2. write tombstones, synced: on both bounds of each range, and on the first and the last key that a
//      table shares with a range. A tombstone on the bounds alone can be dropped on its way down, above
//      the table that it should meet; one inside of the table's own keys cannot;
//   3. compact the ranges again: every table that meets one is merged with a tombstone, thus rewritten;
//   4. look: a table that meets a range and is older than step 2 sends us back to step 2.
//
// Where little is to be erased, all of this is spared: the values are overwritten where they lie (overwrite.ts).
//
// Nothing may read meanwhile (an iterator pins what it can reach); writes may go on. compactRange can
// resolve without having compacted, so this is the means and a scan of the files is the proof.

import { breathe, StoreError } from '@cenotaph/storage'
import type { HeavyWork } from './heavy-work.js'
import { keysInRanges } from './key-pages.js'
import { type Level, type LevelOperation, reading } from './level.js'
import { leavesNoBytes } from './levels.js'
import { overwriteRanges } from './overwrite.js'
import type { InPlace } from './overwriting.js'
import {
  type KeyRange,
  listTables,
  meetsAny,
  mergeRanges,
  rangesMeet,
  type Table,
  tableMeets,
} from './tables.js'

export const RANGES_MAX = 200
const ATTEMPTS = 3
/** One batch has no more tombstones than this, so that nobody waits long behind it. */
const TOMBSTONES_MAX = 1_000
/** Ranges looked at before other work gets a turn. */
const RANGES_A_TURN = 400
/** Below every key: to compact it writes LevelDB's memory to a table, and rewrites none. */
const NO_KEYS: KeyRange = { from: '!', to: '!' }

export interface Erasure {
  /** Ranges after merging. */
  readonly ranges: number
  /** One compaction from the first range to the last, because there were more than 200 of them. */
  readonly wholeDatabase: boolean
  /** Tables that meet a range and were not rewritten: 0 unless something is wrong with the database. */
  readonly tablesLeft: number
}

export interface EraseOptions {
  /** With it a few values are overwritten where they lie, instead of compacted away. */
  readonly inPlace?: InPlace
  /**
   * Given where the ranges hold keys that stay: the stored value of a key, or undefined where it has none. A key that
   * stays is written again instead of a tombstone, which has the same effect on the tables below it. Nobody else may
   * write to such a key meanwhile.
   */
  readonly storedValue?: (key: string) => Promise<Uint8Array | undefined>
  /** Shares the thread pool with others; each range is one piece of work. */
  readonly heavy?: HeavyWork
}

interface Compacting {
  compactRange(from: string, to: string): Promise<void>
}

/**
 * Must run with no reader in flight. `write` makes tombstones durable. Errors: ARGUMENT_INVALID where a
 * range is empty, upside down, or still holds a key; ERASE_INCOMPLETE where the database cannot compact
 * or fails to.
 */
export async function eraseRanges(
  level: Level,
  write: (operations: readonly LevelOperation[]) => Promise<void>,
  ranges: readonly KeyRange[],
  options: EraseOptions = {},
): Promise<Erasure> {
  const merged = mergeRanges(ranges)
  refuseUnusable(merged)
  if (!options.storedValue) await refuseLive(level, merged)
  if (leavesNoBytes(level)) return { ranges: merged.length, wholeDatabase: false, tablesLeft: 0 }
  const wholeDatabase = merged.length > RANGES_MAX
  const { inPlace, storedValue } = options
  if (inPlace && !storedValue && !wholeDatabase) {
    const flush = () => compact(level, [NO_KEYS], options)
    if (await overwriteRanges(level, merged, inPlace, flush))
      return { ranges: merged.length, wholeDatabase, tablesLeft: 0 }
  }
  const compacted = wholeDatabase ? [{ from: merged[0]!.from, to: merged.at(-1)!.to }] : merged
  await compact(level, compacted, options)
  let old = meeting(level, merged)
  const newest = Math.max(0, ...(listTables(level) ?? []).map((table) => table.number))
  for (let attempt = 0; attempt < ATTEMPTS && old.length > 0; attempt++) {
    const living = options.storedValue ? nothingLives : await livingBounds(level, merged, old)
    await writeTombstones(write, merged, { tables: old, living }, options)
    await compact(level, compacted, options)
    old = meeting(level, merged).filter((table) => table.number <= newest)
  }
  return { ranges: merged.length, wholeDatabase, tablesLeft: old.length }
}

function refuseUnusable(ranges: readonly KeyRange[]): void {
  for (const range of ranges) {
    if (range.from === '' || range.from > range.to)
      throw new StoreError('ARGUMENT_INVALID', 'a range to erase needs two bounds in order', {
        detail: { ...range },
      })
  }
}

async function refuseLive(level: Level, ranges: readonly KeyRange[]): Promise<void> {
  for await (const [key] of keysInRanges(level, ranges))
    throw new StoreError('ARGUMENT_INVALID', 'a range to erase still holds a key', {
      detail: { ...ranges.find(({ from, to }) => from <= key! && key! <= to), key },
    })
}

async function compact(
  level: Level,
  ranges: readonly KeyRange[],
  { heavy }: EraseOptions,
): Promise<void> {
  if (!('compactRange' in level))
    throw new StoreError('ERASE_INCOMPLETE', 'this database cannot compact a range')
  try {
    const compacting = level as unknown as Compacting
    for (const { from, to } of ranges) {
      const piece = () => compacting.compactRange(from, to)
      await (heavy ? heavy.run(piece) : piece())
    }
  } catch (error) {
    throw new StoreError('ERASE_INCOMPLETE', 'a compaction failed', {
      cause: error,
      retryable: true,
    })
  }
}

/** The tables that meet the ranges. A database that does not list its tables is one table of unknown age. */
const meeting = (level: Level, ranges: readonly KeyRange[]): readonly Table[] =>
  (listTables(level) ?? [{ number: Number.POSITIVE_INFINITY, keys: undefined }]).filter((table) =>
    tableMeets(table, ranges),
  )

const nothingLives: ReadonlySet<string> = new Set()

/**
 * First and last keys of tables that lie in a range and came to life since it was found empty: those are no place for a
 * tombstone. What is put later is in none of the tables.
 */
async function livingBounds(
  level: Level,
  ranges: readonly KeyRange[],
  tables: readonly Table[],
): Promise<ReadonlySet<string>> {
  const bounds = tables
    .flatMap(({ keys }) => (keys ? [keys.from, keys.to] : []))
    .filter((key) => meetsAny({ from: key, to: key }, ranges))
  const values = await reading(() => level.getMany(bounds, { valueEncoding: 'view' }))
  return new Set(bounds.filter((_, index) => values[index] !== undefined))
}

async function writeTombstones(
  write: (operations: readonly LevelOperation[]) => Promise<void>,
  ranges: readonly KeyRange[],
  { tables, living }: { readonly tables: readonly Table[]; readonly living: ReadonlySet<string> },
  { storedValue }: EraseOptions,
): Promise<void> {
  let batch: LevelOperation[] = []
  for (const [index, range] of ranges.entries()) {
    if (index % RANGES_A_TURN === RANGES_A_TURN - 1) await breathe()
    for (const key of tombstonesOf(range, tables)) {
      if (living.has(key)) continue
      const value = await storedValue?.(key)
      batch.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value })
    }
    if (batch.length < TOMBSTONES_MAX) continue
    await write(batch.splice(0, TOMBSTONES_MAX))
  }
  for (; batch.length > 0; batch = batch.slice(TOMBSTONES_MAX))
    await write(batch.slice(0, TOMBSTONES_MAX))
}

function tombstonesOf(range: KeyRange, tables: readonly Table[]): Iterable<string> {
  const keys = new Set<string>()
  for (const table of tables) {
    if (!tableMeets(table, [range])) continue
    keys.add(range.from).add(range.to)
    if (!table.keys || !rangesMeet(table.keys, range)) continue
    keys.add(clamp(table.keys.from, range)).add(clamp(table.keys.to, range))
  }
  return keys
}

const clamp = (key: string, { from, to }: KeyRange): string =>
  key < from ? from : key > to ? to : key
