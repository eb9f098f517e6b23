// Reads what a damaged database still holds, without LevelDB, which drops more than it must and changes the files while
// it opens them. Of each key the newest write that can be read counts. Changes nothing and never opens LOCK.

import path from 'node:path'
import type { Disk } from '@cenotaph/storage'
import { holdsEntries, levelEntries } from './level-entries.js'
import type { TableEntry } from './leveldb-table.js'

/** Stored values (see checked-value.ts) of those keys that `wanted` picks. A value may be stale or damaged. */
export async function salvageLevel(
  disk: Disk,
  folder: string,
  wanted: (key: string) => boolean,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const newest = new Map<string, TableEntry>()
  const take = (entry: TableEntry): void => {
    if (!wanted(entry.key)) return
    const known = newest.get(entry.key)
    if (!known || known.sequence < entry.sequence) newest.set(entry.key, copied(entry))
  }
  for (const { name } of (await disk.list(folder)) ?? []) {
    if (!holdsEntries(name)) continue
    for await (const entry of levelEntries(disk, path.join(folder, name))) take(entry)
  }
  const values = new Map<string, Uint8Array>()
  for (const [key, { value }] of newest) if (value) values.set(key, value)
  return values
}

/** A view would keep the whole file in memory. */
const copied = (entry: TableEntry): TableEntry => ({
  ...entry,
  value: entry.value && Uint8Array.from(entry.value),
})
