// Erasing a few values where they lie. A compaction rewrites whole tables, on each level all that overlap: some thirty
// megabytes for one thread of a large database. Here only the blocks are written that hold a value under a deleted key:
//
//   1. flush, so that what the log held is in a table and the log is gone;
//   2. of each table that meets a range, find the values in the ranges, and write zeros over them: but for a key that has
//      come to life since the erasure began;
//   3. flush again. LevelDB compacts one thing at a time, and a flush waits for what is under way: a compaction that had
//      read a value before it was overwritten has put it into a table that is listed now;
//   4. look at what was written and at the tables that are new, until nothing is found.
//
// LevelDB never reads these values: newer deletions hide them. It maps its tables into memory, where it sees what was
// written, and does not look at checksums; it keeps no blocks of its own, because level.ts turns its cache off. What is
// left is the length of a value, until LevelDB compacts the table by itself.

import path from 'node:path'
import type { Disk } from '@cenotaph/storage'
import { keysInRanges } from './key-pages.js'
import type { Level } from './level.js'
import { finishOverwriting, type InPlace, overwriteBlocks } from './overwriting.js'
import { type BlockPatch, patchedBytes, patchesOf } from './table-patches.js'
import { type KeyRange, listTables, tableMeets, tableName } from './tables.js'

const ATTEMPTS = 4
/** Above so much a compaction is worth its cost: it gives the room back. */
const OVERWRITTEN_BYTES_MAX = 1024 * 1024

/**
 * `flush` makes LevelDB write its memory to a table, and waits for every compaction that has begun.
 *
 * True where no table holds a value in the ranges any more, and no log that was there before. False where that is
 * another recipe's work: there is too much of it, a table is damaged, or the database is none of LevelDB's in a folder.
 */
export async function overwriteRanges(
  level: Level,
  merged: readonly KeyRange[],
  inPlace: InPlace,
  flush: () => Promise<void>,
): Promise<boolean> {
  const { disk } = inPlace
  const folder = folderOf(level)
  if (folder === undefined) return false
  await finishOverwriting(inPlace, folder)
  const logs = await logsIn(disk, folder)
  await flush()
  const left = await logsIn(disk, folder)
  if (logs.some((name) => left.includes(name))) return false
  const clean = new Set<number>()
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const found = await valuesIn(level, merged, { disk, folder, clean })
    if (found === undefined) return false
    if (found === 'none') return true
    if (found.size > 0) await overwriteBlocks(inPlace, folder, found)
    await flush()
  }
  return false
}

interface Search {
  readonly disk: Disk
  readonly folder: string
  /** Numbers of tables that hold no such value; those that were looked at are added. */
  readonly clean: Set<number>
}

/** 'none' where every table was looked at and holds nothing; undefined where this is not the way. */
async function valuesIn(
  level: Level,
  merged: readonly KeyRange[],
  { disk, folder, clean }: Search,
): Promise<ReadonlyMap<number, readonly BlockPatch[]> | 'none' | undefined> {
  const tables = listTables(level)
  if (!tables) return undefined
  // Read behind the list: what is put under another key from now on is in none of these tables.
  const living = await livingKeys(level, merged)
  const found = new Map<number, readonly BlockPatch[]>()
  let foundBytes = 0
  let gone = 0
  for (const table of tables) {
    if (clean.has(table.number) || !tableMeets(table, merged)) continue
    const name = path.join(folder, tableName(table.number))
    const patches = await patchesOfFile(disk, name, merged, living)
    if (!patches) return undefined
    // What it held is in a table that is new.
    if (patches === 'gone') gone += 1
    else if (patches.length === 0) clean.add(table.number)
    else found.set(table.number, patches)
    foundBytes += patches === 'gone' ? 0 : patchedBytes(patches)
    if (foundBytes > OVERWRITTEN_BYTES_MAX) return undefined
  }
  return found.size + gone === 0 ? 'none' : found
}

/** The ranges held no key when the erasure began, and writes go on. */
async function livingKeys(level: Level, merged: readonly KeyRange[]): Promise<ReadonlySet<string>> {
  const living = new Set<string>()
  for await (const keys of keysInRanges(level, merged)) for (const key of keys) living.add(key)
  return living
}

async function patchesOfFile(
  disk: Disk,
  name: string,
  merged: readonly KeyRange[],
  living: ReadonlySet<string>,
): Promise<readonly BlockPatch[] | 'gone' | undefined> {
  const file = await disk.openRead(name)
  if (!file) return 'gone'
  try {
    const read = (offset: number, length: number) => file.read(offset, length)
    return await patchesOf({ size: await file.size(), read }, merged, living)
  } finally {
    await file.close()
  }
}

const folderOf = (level: Level): string | undefined =>
  'location' in level && typeof level.location === 'string' ? level.location : undefined

async function logsIn(disk: Disk, folder: string): Promise<readonly string[]> {
  const entries = (await disk.list(folder)) ?? []
  return entries.map(({ name }) => name).filter((name) => name.endsWith('.log'))
}
