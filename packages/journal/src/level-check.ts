// What is read before LevelDB may open a folder: CURRENT, the MANIFEST and every log, record by record.
// LevelDB drops records after a flipped bit, opens as if empty where a log is missing, and removes the
// evidence while it opens. Only one kind of damage is accepted here: the torn end of the newest log or
// of the MANIFEST, which is what power loss leaves of the one batch that nobody was promised. A single flipped bit there
// is told from it; see flipped-bit.ts.
//
// Tables are checked block by block as well, up to a number of bytes, the newest first: a compaction over a damaged one
// would spread the damage or end the process.
//
// A block that was being overwritten when a crash came is taken as it is going to be; see overwriting.ts.
//
// Cannot be seen here: damage of more than one bit in the very last record of the newest log (it looks torn) and bits
// of the tables that were too many to read; values carry checksums of their own.

import path from 'node:path'
import { type Disk, readWhole, StoreError } from '@cenotaph/storage'
import { isOneBitOff } from './flipped-bit.js'
import {
  BLOCK_BYTES,
  FragmentType,
  HEADER_BYTES,
  type LogPart,
  type LogSource,
  readLogParts,
  readLogRecords,
} from './leveldb-log.js'
import { isSoundTable } from './leveldb-table.js'
import { readOverwriting, tableAfter } from './overwriting.js'
import { tableName } from './tables.js'
import { versionEditOf } from './version-edit.js'

const ATTEMPTS = 3
const TABLE_BYTES_MAX = 4 * 1024 * 1024

export interface LevelCheckOptions {
  /**
   * Tables are read, newest first, as long as they do not exceed this together. Default 4 MiB: some 10 ms, however large
   * the database is.
   */
  readonly tableBytesMax?: number
  /** Waited for before a table of so many bytes is read. */
  readonly pace?: (bytes: number) => Promise<void>
}

/**
 * Checks the files of a LevelDB folder without changing anything and without opening LOCK. 'missing'
 * where no database was ever completed there. Throws LEVEL_DAMAGED `{ folder, reason, file }`, and
 * STORE_LOCKED (retryable) where the files keep changing under the check.
 */
export async function checkLevelFiles(
  disk: Disk,
  folder: string,
  options: LevelCheckOptions = {},
): Promise<'sound' | 'missing'> {
  for (let attempt = 1; ; attempt++) {
    const before = await namesIn(disk, folder)
    try {
      return await check(disk, folder, before, options)
    } catch (error) {
      // Another process that has the database open replaces files under the check. If the names moved,
      // look again; what never held still was never checked, and is not opened.
      const after = await namesIn(disk, folder)
      if (before.join('/') === after.join('/')) throw error
      if (attempt === ATTEMPTS) throw busy(folder, error)
    }
  }
}

async function check(
  disk: Disk,
  folder: string,
  names: readonly string[],
  options: LevelCheckOptions,
): Promise<'sound' | 'missing'> {
  const logs = names
    .filter((name) => /^\d+\.log$/.test(name))
    .sort((a, b) => numberOf(a) - numberOf(b))
  if (!names.includes('CURRENT')) {
    // LevelDB writes CURRENT last when it makes a database, and makes a log or a table only after it.
    const remains = names.find((name) => /^\d+\.(log|ldb|sst)$/.test(name))
    if (remains === undefined) return 'missing'
    throw damaged(folder, 'current-missing', remains)
  }
  const current = Buffer.from(
    (await readWhole(disk, path.join(folder, 'CURRENT'))) ?? '',
  ).toString()
  const manifest = /^(MANIFEST-\d+)\n$/.exec(current)?.[1]
  if (manifest === undefined) throw damaged(folder, 'current-malformed', 'CURRENT')
  const { oldestLog, tables } = await readManifest(disk, folder, manifest)
  // LevelDB makes a database with log number 0, and names its first log before it takes anything: until then there is
  // nothing to lose. A crash leaves that, and another process that makes the database looks so for an instant.
  if (oldestLog !== 0 && !logs.some((name) => numberOf(name) === oldestLog))
    throw damaged(folder, 'log-missing', `${String(oldestLog).padStart(6, '0')}.log`)
  // A crash while LevelDB opens leaves an empty new log behind one that was torn before. Logs older than
  // the oldest that the MANIFEST names are not read any more.
  let mayBeTorn = true
  for (const name of logs.reverse().filter((log) => numberOf(log) >= oldestLog)) {
    await checkRecords(disk, folder, name, mayBeTorn)
    if ((await disk.stat(path.join(folder, name)))?.bytes !== 0) mayBeTorn = false
  }
  await checkTables(disk, folder, tables, options)
  return 'sound'
}

interface Manifest {
  /** Number of the oldest log that LevelDB will replay. */
  readonly oldestLog: number
  /** Bytes of the live tables, by number. */
  readonly tables: ReadonlyMap<number, number>
}

async function readManifest(disk: Disk, folder: string, name: string): Promise<Manifest> {
  await checkRecords(disk, folder, name, true)
  let oldestLog: number | undefined
  const tables = new Map<number, number>()
  await withFile(disk, folder, name, async (source) => {
    for await (const record of readLogRecords(source)) {
      const edit = versionEditOf(record)
      if (!edit) continue
      oldestLog = edit.logNumber ?? oldestLog
      for (const number of edit.deleted) tables.delete(number)
      for (const { number, bytes } of edit.added) tables.set(number, bytes)
    }
  })
  if (oldestLog === undefined) throw damaged(folder, 'manifest-without-log', name)
  return { oldestLog, tables }
}

async function checkTables(
  disk: Disk,
  folder: string,
  tables: Manifest['tables'],
  { tableBytesMax = TABLE_BYTES_MAX, pace }: LevelCheckOptions,
): Promise<void> {
  let left = tableBytesMax
  for (const [number, bytes] of [...tables].sort(([a], [b]) => b - a)) {
    left -= bytes
    if (left < 0) return
    await pace?.(bytes)
    const name = tableName(number)
    const is = await lookAtTable(disk, folder, { number, bytes })
    // One that is unsound is looked at twice: somebody who has the database open may have been writing into it.
    if (
      is === 'sound' ||
      (is === 'damaged' && (await lookAtTable(disk, folder, { number, bytes })) === 'sound')
    )
      continue
    throw damaged(folder, `table-${is}`, name)
  }
}

async function lookAtTable(
  disk: Disk,
  folder: string,
  { number, bytes }: { readonly number: number; readonly bytes: number },
): Promise<'sound' | 'missing' | 'damaged'> {
  const table = await readWhole(disk, path.join(folder, tableName(number)))
  if (!table) return 'missing'
  if (table.length !== bytes) return 'damaged'
  if (isSoundTable(table)) return 'sound'
  const patches = (await readOverwriting(disk, folder)).get(number)
  return patches && isSoundTable(tableAfter(table, patches)) ? 'sound' : 'damaged'
}

/**
 * Damage is a torn end if no record begins behind it, and if it is more than one bit: the last batch may be torn anywhere
 * inside.
 */
async function checkRecords(
  disk: Disk,
  folder: string,
  name: string,
  mayBeTorn: boolean,
): Promise<void> {
  await withFile(disk, folder, name, async (source) => {
    let broken = false
    let open = false
    for await (const part of readLogParts(source)) {
      const { full, first, last } = FragmentType
      const begins = part.type === full || part.type === first
      if (begins && (broken || open)) throw damaged(folder, 'record-damaged', name)
      if (part.kind === 'bad' && isOneBitOff(part.bytes))
        throw damaged(folder, 'record-damaged', name)
      if (part.kind === 'bad' || (part.kind === 'fill' && !endsBlock(part))) broken = true
      else if (begins) open = part.type === first
      else if (part.kind === 'fragment') {
        broken ||= !open
        open &&= part.type !== last
      }
    }
    if ((broken || open) && !mayBeTorn) throw damaged(folder, 'record-torn', name)
  })
}

/** Up to 6 zero bytes fill the end of a block; any other zeros stand where a record should. */
const endsBlock = ({ bytes, offset }: LogPart): boolean =>
  bytes.length < HEADER_BYTES && (offset + bytes.length) % BLOCK_BYTES === 0

async function withFile(
  disk: Disk,
  folder: string,
  name: string,
  run: (source: LogSource) => Promise<void>,
): Promise<void> {
  const file = await disk.openRead(path.join(folder, name))
  if (!file) throw damaged(folder, 'file-missing', name)
  try {
    await run({ size: await file.size(), read: (offset, length) => file.read(offset, length) })
  } finally {
    await file.close()
  }
}

const namesIn = async (disk: Disk, folder: string): Promise<readonly string[]> =>
  ((await disk.list(folder)) ?? []).map((entry) => entry.name)

const numberOf = (name: string): number => Number.parseInt(name, 10)

const busy = (folder: string, cause: unknown): StoreError =>
  new StoreError('STORE_LOCKED', `another process is changing the files in ${folder}`, {
    cause,
    detail: { folder },
    retryable: true,
  })

const damaged = (folder: string, reason: string, file: string): StoreError =>
  new StoreError('LEVEL_DAMAGED', `the database in ${folder} is damaged: ${reason} (${file})`, {
    detail: { folder, reason, file },
  })
