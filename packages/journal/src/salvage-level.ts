// Reads what a damaged database still holds, without LevelDB, which drops more than it must and changes the files while
// it opens them. Of each key the newest write that can be read counts. Changes nothing and never opens LOCK.

import path from 'node:path'
import { type Disk, readWhole } from '@cenotaph/storage'
import { readLogRecords } from './leveldb-log.js'
import { readableEntries, type TableEntry, varintsOf } from './leveldb-table.js'

const BATCH_HEAD_BYTES = 12

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
    const isLog = /^\d+\.log$/.test(name)
    if (!isLog && !/^\d+\.(ldb|sst)$/.test(name)) continue
    const bytes = await readWhole(disk, path.join(folder, name)).catch(() => undefined)
    if (!bytes) continue
    if (!isLog) for (const entry of readableEntries(bytes)) take(entry)
    else {
      const source = {
        size: bytes.length,
        read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
      }
      for await (const record of readLogRecords(source))
        for (const one of batchOf(record)) take(one)
    }
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

/** A log record: sequence (8 bytes), count (4), then type, key and, unless it is a deletion, value. */
function* batchOf(record: Uint8Array): Generator<TableEntry> {
  if (record.length < BATCH_HEAD_BYTES) return
  let sequence = Buffer.from(record.buffer, record.byteOffset, 8).readBigUInt64LE(0)
  const rest = record.subarray(BATCH_HEAD_BYTES)
  const read = varintsOf(rest)
  const text = (): Uint8Array | undefined => {
    const length = read()
    const start = read.at()
    if (length === undefined || start + length > rest.length) return undefined
    read.skip(length)
    return rest.subarray(start, start + length)
  }
  while (read.at() < rest.length) {
    const isDeletion = rest[read.at()] === 0
    read.skip(1)
    const key = text()
    const value = isDeletion ? undefined : text()
    if (!key || (!isDeletion && !value)) return
    yield { key: Buffer.from(key).toString(), sequence, value }
    sequence += 1n
  }
}
