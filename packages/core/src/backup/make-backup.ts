// A backup: a consistent copy of an open store, made while writers go on. No iterator stays open and no snapshot is
// taken, so deletes finish meanwhile. It is consistent thread by thread: each is copied as it was at one moment, forks
// with what they continue. What dies or is rewritten while the copy runs is taken out, or copied again, before the
// manifest is signed; the turn of the commit queue that seals the backup is the moment that divides the two.
//
// Survives: a crash at any instant leaves a folder without a manifest, which is no backup, and a record that says so.
// A disk that fails, on either side, takes the copy away again and leaves the store as it was.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, replaceWhole, StoreError } from '@cenotaph/storage'
import { checkOptions, checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { ownerOf } from '../threads/relatives.js'
import { outsideBases } from '../threads/thread-row.js'
import { refuseInside } from '../transfer/export-threads.js'
import { BackupFolder } from './backup-folder.js'
import { manifestName, unfinishedName } from './backup-paths.js'
import { type BackupRecord, backupRange } from './backups.js'
import { type BackupProblem, type CopiedThread, type CopyParts, copyThread } from './copy-thread.js'
import { type BackupManifest, encodeManifest, signManifest } from './manifest.js'
import { copyEvents, copyReceipts, copyStoreValues, copyTombstones } from './store-parts.js'
import { threadIdsNow } from './thread-ids.js'

export interface BackupOptions {
  readonly onProgress?: (threads: number) => void
  readonly signal?: AbortSignal
}

export interface BackupResult {
  readonly backupId: string
  readonly path: string
  /** ISO 8601 UTC, store time. */
  readonly madeAt: string
  readonly threads: number
  readonly bytes: number
  /** Threads that are not in the backup, or not whole, because the store itself has not got them whole. */
  readonly problems: readonly BackupProblem[]
}

/** Named instants of a backup, for crash tests; it is no lifecycle operation, and a crash undoes it whole. */
export const backupCrashPoints = [
  'backup.begin:after',
  'backup.thread:after',
  'backup.copy:after',
  'backup.seal:after',
  'backup.manifest:after',
] as const

interface Run extends CopyParts {
  readonly backupId: string
  readonly copied: Map<
    ThreadId,
    Pick<CopiedThread, 'files'> & { readonly bases: readonly string[] }
  >
  readonly problems: Map<ThreadId, BackupProblem>
  readonly begun: BackupRecord
  readonly log: BackupManifest['log']
}

/** @throws BACKUP_TARGET_EXISTS, ARGUMENT_INVALID for a folder inside of the store, DISK_FULL, DISK_ERROR */
export async function makeBackup(
  context: StoreContext,
  dir: string,
  options: BackupOptions = {},
): Promise<BackupResult> {
  checkText(dir, 'the folder of the backup')
  if (dir === '') throw new StoreError('ARGUMENT_INVALID', 'the folder of the backup is a path')
  checkOptions(options, { onProgress: 'function', signal: 'object' })
  if (context.options.ephemeral)
    throw new StoreError('ARGUMENT_INVALID', 'a store in memory leaves no copy on a disk')
  const target = path.resolve(dir)
  await refuseInside(context, target)
  const backupId = Buffer.from(context.entropy.bytes(8)).toString('hex')
  const { hostDisk: disk } = context.options
  const folder = await BackupFolder.take(disk, target, { backupId })
  const watch = context.backups.watch(backupId)
  const signal = options.signal
    ? AbortSignal.any([options.signal, context.closing])
    : context.closing
  const begun: BackupRecord = {
    path: target,
    beganAtMs: context.journal.storeTimeMs(),
    sealed: null,
    complete: false,
  }
  const log = { size: context.events.size, rootHash: context.events.rootHash }
  const run: Run = {
    ...{ context, folder, watch, signal, eventsEnd: log.size },
    ...{ backupId, begun, log, copied: new Map(), problems: new Map() },
  }
  try {
    await context.journal.commit(() => context.backups.put(backupId, begun))
    await context.crashPoint('backup.begin:after')
    return await copyAndSeal(run, options)
  } catch (error) {
    await takeBack(run)
    if (!context.closing.aborted) throw error
    throw new StoreError('STORE_CLOSED', 'the store was closed, and the backup is not made', {
      cause: error,
    })
  } finally {
    context.backups.unwatch(backupId)
  }
}

async function copyAndSeal(run: Run, { onProgress }: BackupOptions): Promise<BackupResult> {
  const { context, folder, backupId, begun } = run
  await copyEvents(run)
  for await (const id of threadIdsNow(context.journal)) {
    await copyOne(run, id)
    onProgress?.(run.copied.size)
  }
  await context.crashPoint('backup.copy:after')
  for (;;) {
    for (const id of run.watch.take()) await copyOne(run, id)
    await copyMissingBases(run)
    await copyTombstones(run)
    await copyReceipts(run)
    await copyStoreValues(run)
    await folder.sync()
    const manifest = await signedManifest(run)
    const { bytes, sha256 } = await encodeManifest(manifest)
    const record: BackupRecord = {
      ...begun,
      sealed: {
        atMs: Date.parse(manifest.madeAt),
        threads: manifest.threads,
        bytes: manifest.bytes,
        manifest: sha256,
      },
    }
    if (!(await seal(run, record))) continue
    await context.crashPoint('backup.seal:after')
    const { hostDisk: disk } = context.options
    await replaceWhole(disk, path.join(folder.target, manifestName), bytes)
    await disk.unlink(path.join(folder.target, unfinishedName))
    await disk.syncFolder(folder.target)
    await context.crashPoint('backup.manifest:after')
    await finish(run, { ...record, complete: true })
    const { madeAt, threads } = manifest
    const problems = [...run.problems.values()]
    return { backupId, path: folder.target, madeAt, threads, bytes: manifest.bytes, problems }
  }
}

/** The turn that divides: who died before it is not in the backup, who dies after it is told of the backup. */
function seal({ context, watch, backupId, signal }: Run, record: BackupRecord): Promise<boolean> {
  return context.journal.commit(() => {
    signal.throwIfAborted()
    if (watch.isStale) return { operations: [], applied: () => false }
    const { operations, applied } = context.backups.put(backupId, record)
    return {
      operations,
      applied: () => {
        applied()
        return true
      },
    }
  })
}

/** The manifest is in its place: a failure to say so takes nothing back. */
async function finish({ context, backupId }: Run, record: BackupRecord): Promise<void> {
  await context.journal
    .commit(() => context.backups.put(backupId, record))
    .catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
}

const ofTheStore = [
  'ROLLOUT_SHORT',
  'ROLLOUT_NOT_FOUND',
  'ROLLOUT_CHANGED',
  'LEVEL_DAMAGED',
  'THREAD_UNAVAILABLE',
] as const

/** Copies a thread, again where it was copied before; a dead one is taken out. */
async function copyOne(run: Run, id: ThreadId): Promise<void> {
  const before = run.copied.get(id)
  run.copied.delete(id)
  run.problems.delete(id)
  for (const file of before?.files ?? []) await run.folder.remove(file)
  run.signal.throwIfAborted()
  try {
    const copied = await copyThread(run, id)
    if (!copied) return
    run.copied.set(id, { files: copied.files, bases: outsideBases(copied.row) })
    await run.context.crashPoint('backup.thread:after')
  } catch (error) {
    if (!isStoreError(error) || !ofTheStore.some((code) => code === error.code)) throw error
    run.problems.set(id, { code: error.code, threadId: id, detail: error.message })
  }
}

/** What a fork continues may have come behind the place that the pass had reached. */
async function copyMissingBases(run: Run): Promise<void> {
  const looked = new Set<ThreadId>()
  const queue = [...run.copied]
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [threadId, { bases }] = next
    for (const base of bases) {
      const owner = await ownerOf(run.context, base)
      if (run.copied.has(owner)) continue
      if (!looked.has(owner)) {
        looked.add(owner)
        await copyOne(run, owner)
        const copied = run.copied.get(owner)
        if (copied) queue.push([owner, copied])
      }
      if (run.copied.has(owner)) continue
      const detail = `what it continues, ${owner}, is not in the backup`
      run.problems.set(threadId, { code: 'LINEAGE_BASE_MISSING', threadId, detail })
    }
  }
}

function signedManifest(run: Run): Promise<BackupManifest> {
  const { context, folder, copied, backupId, log } = run
  const { storeId, epoch } = context.identity
  return signManifest(
    {
      ...{ backupId, storeId, epoch, log, threads: copied.size, bytes: folder.bytes },
      madeAt: new Date(context.journal.storeTimeMs()).toISOString(),
      files: folder.files(),
    },
    context.signingKey,
  )
}

/** Where the copy cannot be taken away, or the store has failed, the record stays and says `unfinished`. */
async function takeBack({ context, folder, backupId }: Run): Promise<void> {
  try {
    await folder.discard()
    if (!context.backups.get(backupId)) return
    await context.journal.commit(() => context.backups.drop(backupId))
    await context.journal.eraseRanges([backupRange(backupId)])
  } catch (error) {
    if (!isStoreError(error)) throw error
  }
}
