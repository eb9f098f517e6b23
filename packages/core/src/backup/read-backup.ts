// Reads a backup and believes nothing: the signature of its manifest, the checksum of every file, that each thread has
// its row and its rollouts. Nothing is restored from a backup before all of that holds.

import { createHash } from 'node:crypto'
import path from 'node:path'
import { parseRolloutFileName, type ThreadId } from '@cenotaph/rollout'
import { type Disk, isStoreError, readWhole, StoreError } from '@cenotaph/storage'
import { decodeRow, type ThreadRow } from '../threads/thread-row.js'
import { type PrepareRecord, readTombstones } from '../tombstones/index.js'
import {
  eventsName,
  manifestName,
  rolloutPath,
  storeName,
  threadOfValues,
  tombstonesName,
} from './backup-paths.js'
import { type BackupFile, type BackupManifest, readManifest } from './manifest.js'
import { readValues } from './value-file.js'

const READ_BYTES = 1024 * 1024

export interface BackupThread {
  readonly row: ThreadRow
  /** Path of each of the row's rollouts in the backup, compressed or not. */
  readonly rollouts: readonly string[]
}

export interface ReadableBackup {
  readonly folder: string
  readonly manifest: BackupManifest
  readonly threads: ReadonlyMap<ThreadId, BackupThread>
  /** Sets that were dead when it was made. */
  readonly dead: readonly PrepareRecord[]
}

export interface ReadBackupOptions {
  /** The key that must have signed it: raw ed25519, base64. */
  readonly publicKey?: string
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** @throws BACKUP_INVALID with `problems`, and what the disk throws */
export async function readBackup(
  disk: Disk,
  dir: string,
  options: ReadBackupOptions = {},
): Promise<ReadableBackup> {
  const folder = path.resolve(dir)
  const bytes = await readWhole(disk, path.join(folder, manifestName))
  if (!bytes) throw invalid(dir, ['manifest: there is none'])
  const read = await readManifest(bytes, options.publicKey)
  if ('problem' in read) throw invalid(dir, [read.problem])
  const { manifest } = read
  const problems: string[] = []
  for (const [index, file] of manifest.files.entries()) {
    options.signal?.throwIfAborted()
    const problem = await problemOf(disk, folder, file)
    if (problem) problems.push(`${file.path}: ${problem}`)
    options.onProgress?.(index + 1, manifest.files.length)
  }
  const names = new Set(manifest.files.map((file) => file.path))
  for (const name of [tombstonesName, eventsName, storeName]) {
    if (!names.has(name)) problems.push(`${name}: it is not in the manifest`)
  }
  if (problems.length > 0) throw invalid(dir, problems)
  const threads = new Map<ThreadId, BackupThread>()
  for (const name of names) {
    const id = threadOfValues(name)
    if (id === undefined) continue
    const thread = await readThread(disk, folder, name, names)
    if (thread?.row.threadId === id) threads.set(id, thread)
    else problems.push(`${name}: it does not hold the row of its thread and its rollouts`)
  }
  if (threads.size !== manifest.threads) problems.push('manifest: it counts other threads')
  const dead = await deadSetsIn(disk, path.join(folder, tombstonesName)).catch((error: unknown) => {
    if (!isStoreError(error)) throw error
    problems.push(`${tombstonesName}: ${error.message}`)
    return []
  })
  if (problems.length > 0) throw invalid(dir, problems)
  return { folder, manifest, threads, dead }
}

/** Sets of a tombstone file that were not taken back. @throws TOMBSTONES_DAMAGED; undefined where there is no file */
export async function deadSetsIn(disk: Disk, file: string): Promise<readonly PrepareRecord[]> {
  const records = await readTombstones(disk, file)
  if (!records) {
    throw new StoreError('ARGUMENT_INVALID', `there is no tombstone file at ${file}`, {
      detail: { path: file },
    })
  }
  const aborted = new Set(records.filter((r) => r.kind === 'abort').map((r) => r.operationId))
  return records.filter(
    (record): record is PrepareRecord =>
      record.kind === 'prepare' && !aborted.has(record.operationId),
  )
}

async function problemOf(
  disk: Disk,
  folder: string,
  { path: name, bytes, sha256 }: BackupFile,
): Promise<string | undefined> {
  const file = await disk.openRead(path.join(folder, name))
  if (!file) return 'it is missing'
  try {
    const size = await file.size()
    if (size !== bytes) return `it has ${size} bytes, and the manifest says ${bytes}`
    const hash = createHash('sha256')
    for (let offset = 0; offset < bytes; offset += READ_BYTES) {
      hash.update(await file.read(offset, Math.min(READ_BYTES, bytes - offset)))
    }
    return hash.digest('hex') === sha256 ? undefined : 'its checksum differs'
  } finally {
    await file.close()
  }
}

async function readThread(
  disk: Disk,
  folder: string,
  name: string,
  names: ReadonlySet<string>,
): Promise<BackupThread | undefined> {
  try {
    for await (const [key, body] of readValues(disk, path.join(folder, name))) {
      if (key !== 'row') return undefined
      const row = decodeRow(body)
      const rollouts = row.rollouts.map(({ fileName }) => {
        if (parseRolloutFileName(fileName)?.threadId !== row.threadId) return undefined
        const plain = rolloutPath({ archived: row.archived, fileName })
        return [plain, `${plain}.zst`].find((place) => names.has(place))
      })
      const found = rollouts.filter((place) => place !== undefined)
      return found.length === rollouts.length && found.length > 0
        ? { row, rollouts: found }
        : undefined
    }
  } catch (error) {
    if (isStoreError(error) && error.code !== 'BACKUP_INVALID') throw error
  }
  return undefined
}

export const invalid = (dir: string, problems: readonly string[]): StoreError =>
  new StoreError('BACKUP_INVALID', `not a whole backup: ${dir} (${problems[0]})`, {
    detail: { path: dir, problems },
  })
