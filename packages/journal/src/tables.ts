// LevelDB's tables (.ldb files) as its property `leveldb.sstables` lists them, and which files of its
// folder may still hold values of a key range.

import path from 'node:path'
import type { Disk } from '@cenotaph/storage'
import type { Level } from './level.js'

/** A closed range of keys. Bounds hold ids and handles only: LevelDB writes them to its LOG. */
export interface KeyRange {
  readonly from: string
  readonly to: string
}

export interface Table {
  readonly number: number
  /** Smallest and largest key; undefined where the property shows them in a form that is not plain. */
  readonly keys: KeyRange | undefined
}

/** As LevelDB names the file of a table. */
export const tableName = (number: number): string => `${String(number).padStart(6, '0')}.ldb`

interface WithProperties {
  getProperty(property: string): string
}

/** All live tables; undefined where the database cannot tell. */
export function listTables(level: Level): readonly Table[] | undefined {
  if (!('getProperty' in level)) return undefined
  const text = (level as unknown as WithProperties).getProperty('leveldb.sstables')
  return text.split('\n').flatMap((line) => tableOf(line) ?? [])
}

function tableOf(line: string): Table | undefined {
  const number = /^ *(\d+):\d+\[/.exec(line)?.[1]
  if (number === undefined) return undefined
  // Bytes outside of printable ASCII are shown as \xNN, and then the order of the text is not the keys'.
  const keys = /\['([^'\\]*)' @ \d+ : \d+ \.\. '([^'\\]*)' @ \d+ : \d+\]$/.exec(line)
  return {
    number: Number(number),
    keys: keys ? { from: keys[1]!, to: keys[2]! } : undefined,
  }
}

export const rangesMeet = (a: KeyRange, b: KeyRange): boolean => a.from <= b.to && b.from <= a.to

/** True also for a table whose keys are not known: it may hold anything. `merged` is what {@link mergeRanges} gives. */
export const tableMeets = ({ keys }: Table, merged: readonly KeyRange[]): boolean =>
  keys === undefined || meetsAny(keys, merged)

/** Whether keys meet one of `merged`, as {@link mergeRanges} gives them: the one that may is found by halving. */
export function meetsAny(keys: KeyRange, merged: readonly KeyRange[]): boolean {
  let low = 0
  let high = merged.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (merged[middle]!.to < keys.from) low = middle + 1
    else high = middle
  }
  const first = merged[low]
  return first !== undefined && rangesMeet(keys, first)
}

/** Sorted, and joined where they touch or overlap. */
export function mergeRanges(ranges: readonly KeyRange[]): readonly KeyRange[] {
  if (isMerged(ranges)) return ranges
  const merged: KeyRange[] = []
  for (const range of [...ranges].sort((a, b) =>
    a.from < b.from ? -1 : a.from > b.from ? 1 : 0,
  )) {
    const last = merged.at(-1)
    if (!last || range.from > last.to) merged.push(range)
    else if (range.to > last.to) merged[merged.length - 1] = { from: last.from, to: range.to }
  }
  return merged
}

/** Those of 10,000 threads come in order, and are asked about again and again. */
function isMerged(ranges: readonly KeyRange[]): boolean {
  for (let index = 1; index < ranges.length; index += 1)
    if (ranges[index - 1]!.to >= ranges[index]!.from) return false
  return true
}

/**
 * Paths of the files in `folder` that may hold values of the ranges: all but LOCK and the tables that are
 * known not to meet them. A file that LevelDB does not list (an old one, a temporary) is included.
 */
export async function filesToScan(
  level: Level,
  disk: Disk,
  ranges: readonly KeyRange[],
  folder: string,
): Promise<readonly string[]> {
  // Tables are asked for before files: a table that appears in between is unknown, and is scanned.
  const tables = listTables(level) ?? []
  const merged = mergeRanges(ranges)
  const apart = new Set(tables.filter((table) => !tableMeets(table, merged)).map((t) => t.number))
  const entries = (await disk.list(folder)) ?? []
  return entries
    .filter(({ name, kind }) => kind !== 'folder' && name !== 'LOCK')
    .filter(({ name }) => !(/^\d+\.(ldb|sst)$/.test(name) && apart.has(Number.parseInt(name, 10))))
    .map(({ name }) => path.join(folder, name))
}

/** Bytes of LOG and MANIFEST files in `folder`: they grow with every checkpoint, and only a reopen rotates them. */
export async function logBytes(disk: Disk, folder: string): Promise<number> {
  let bytes = 0
  for (const { name } of (await disk.list(folder)) ?? []) {
    if (name !== 'LOG' && !name.startsWith('MANIFEST-')) continue
    bytes += (await disk.stat(path.join(folder, name)))?.bytes ?? 0
  }
  return bytes
}
