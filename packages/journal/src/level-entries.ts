// Every write that is physically there in a file of LevelDB, live or not, read without LevelDB: entries of tables and
// batches of logs. What cannot be read is passed over.

import path from 'node:path'
import { breathe, type Disk, isStoreError, readWhole } from '@cenotaph/storage'
import { unseal } from './checked-value.js'
import { isInline, readGroup } from './group.js'
import { sequenceOf } from './keys.js'
import { readLogRecords } from './leveldb-log.js'
import { type BlockFilter, readableEntries, type TableEntry, varintsOf } from './leveldb-table.js'

const BATCH_HEAD_BYTES = 12
const nothing = new Uint8Array(0)
const LOG = /^\d+\.log$/
const TABLE = /^\d+\.(ldb|sst)$/
/** Entries that are handed out before other work gets a turn. */
const ENTRIES_MAX = 2_000

/** Whether a file of this name is a log or a table. */
export const holdsEntries = (name: string): boolean => LOG.test(name) || TABLE.test(name)

/**
 * Memory: one table, or the longest record of a log. A file that is gone has no entries. Never opens LOCK. Of a table,
 * blocks that are not `wanted` are passed over.
 */
export async function* levelEntries(
  disk: Disk,
  file: string,
  wanted?: BlockFilter,
): AsyncGenerator<TableEntry> {
  const entries = TABLE.test(path.basename(file))
    ? entriesOfTable(disk, file, wanted)
    : entriesOfLog(disk, file)
  let count = 0
  for await (const entry of entries) {
    yield entry
    count += 1
    if (count % ENTRIES_MAX === 0) await breathe()
  }
}

async function* entriesOfTable(
  disk: Disk,
  file: string,
  wanted: BlockFilter | undefined,
): AsyncGenerator<TableEntry> {
  const bytes = await readWhole(disk, file).catch(unreadable)
  if (bytes) yield* readableEntries(bytes, wanted)
}

async function* entriesOfLog(disk: Disk, name: string): AsyncGenerator<TableEntry> {
  const file = await disk.openRead(name).catch(unreadable)
  if (!file) return
  try {
    const size = await file.size()
    const read = async (offset: number, length: number): Promise<Uint8Array> =>
      (await file.read(offset, length).catch(unreadable)) ?? new Uint8Array(0)
    for await (const record of readLogRecords({ size, read })) yield* batchOf(record)
  } finally {
    await file.close()
  }
}

function unreadable(error: unknown): undefined {
  if (!isStoreError(error)) throw error
}

/** A part of a stored append group, with the subject that it belongs to. */
export interface GroupPart {
  readonly subject: string
  /** Empty where the group only points at bytes, or keeps a place for them. */
  readonly bytes: Uint8Array
}

/** Parts of a stored append group; none where the key is no group's, or the value cannot be read. */
export function partsOfGroup(key: string, value: Uint8Array): readonly GroupPart[] {
  const sequence = sequenceOf(key)
  if (sequence === undefined) return []
  try {
    const { sections, reserves } = readGroup(key, sequence, unseal(key, value))
    const parts = sections.flatMap((section): GroupPart[] => {
      const { subject, tag = nothing } = section
      return [
        { subject, bytes: isInline(section) ? section.bytes : nothing },
        { subject, bytes: tag },
      ]
    })
    return [...parts, ...reserves.map(({ subject }) => ({ subject, bytes: nothing }))]
  } catch (error) {
    if (isStoreError(error)) return []
    throw error
  }
}

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
