// Restores a backup into an empty root. A marker is made first and removed last: until then nothing opens the store and
// nothing repairs it, and the next restore begins anew. The event log goes on in a new epoch under a new key, because
// the old store may live on; receipts of before still verify with the old key, which each of them names.
//
// Survives: a crash at any instant leaves the marker. A disk that fails leaves an empty root again, or the marker.

import { createHash } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import {
  type Disk,
  isStoreError,
  readWhole,
  replaceWhole,
  StoreError,
  writeNew,
} from '@cenotaph/storage'
import { removeTree } from '../files/remove-tree.js'
import type { ResolvedOptions } from '../options.js'
import { createSigningKey } from '../proof/index.js'
import {
  prepareRoot,
  type RootLayout,
  refuseLiveOwner,
  removeOwner,
  writeOwner,
} from '../root/index.js'
import { encodeTombstones, type PrepareRecord } from '../tombstones/index.js'
import { manifestName } from './backup-paths.js'
import { fillLevel } from './fill-level.js'
import type { BackupThread, ReadableBackup } from './read-backup.js'
import { planRestore, type RestorePlan } from './restore-plan.js'

const COPY_BYTES = 1024 * 1024

export interface RestoreRootParts {
  readonly options: ResolvedOptions
  readonly layout: RootLayout
  readonly backup: ReadableBackup
  /** Sets that are dead besides those of the backup. */
  readonly sets: readonly PrepareRecord[]
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whether a restore was begun here, and cut short or is under way. */
export const isUnfinished = async (disk: Disk, layout: RootLayout): Promise<boolean> =>
  (await disk.stat(layout.restoringPath)) !== undefined

/** Roots that this process restores into: `owner.json` names processes and cannot tell two calls of one apart. */
const underway = new Set<string>()

/** Whole and durable when it resolves; deletes that are open are finished by the next open. */
export async function restoreIntoEmpty(parts: RestoreRootParts): Promise<RestorePlan> {
  const { root } = parts.layout
  if (underway.has(root)) throw locked(parts.layout)
  underway.add(root)
  try {
    return await claimAndBuild(parts)
  } finally {
    underway.delete(root)
  }
}

async function claimAndBuild(parts: RestoreRootParts): Promise<RestorePlan> {
  const { options, layout } = parts
  const made = await claim(parts)
  try {
    const plan = await build(parts)
    await removeOwner(options.disk, layout.ownerPath)
    await options.crashPoint('restore.whole:after')
    await options.disk.unlink(layout.restoringPath)
    await options.disk.syncFolder(layout.cenotaphFolder)
    return plan
  } catch (error) {
    await abandon(parts, made).catch((failure: unknown) => {
      if (!isStoreError(failure)) throw failure
    })
    throw error
  }
}

/** Takes the root and empties it of what an earlier restore left. Returns the folders that it made. */
async function claim({ options, layout, backup }: RestoreRootParts): Promise<readonly string[]> {
  const { disk, clock } = options
  if (await isUnfinished(disk, layout)) {
    await refuseLiveOwner(disk, layout)
    await empty(disk, layout)
  }
  const made = await disk.makeFolder(layout.cenotaphFolder)
  for (const folder of made) await disk.syncFolder(path.dirname(folder))
  const note = Buffer.from(`${JSON.stringify({ backupId: backup.manifest.backupId })}\n`)
  const first = await writeNew(disk, layout.restoringPath, note)
  if (!first && made.length > 0) throw locked(layout)
  await disk.syncFolder(layout.cenotaphFolder)
  const since = new Date(clock.wallMs()).toISOString()
  await writeOwner(disk, layout.ownerPath, { pid: process.pid, host: os.hostname(), since })
  await prepareRoot(disk, layout)
  await options.crashPoint('restore.claim:after')
  return made
}

const locked = (layout: RootLayout): StoreError =>
  new StoreError('STORE_LOCKED', 'another restore is under way here', {
    retryable: true,
    detail: { root: layout.root },
  })

/** Everything but the marker, which goes last. */
async function empty(disk: Disk, layout: RootLayout): Promise<void> {
  for (const folder of [layout.sessionsFolder, layout.archivedFolder]) {
    await removeTree(disk, folder)
    await disk.removeFolder(folder)
  }
  for (const { name, kind } of (await disk.list(layout.cenotaphFolder)) ?? []) {
    const full = path.join(layout.cenotaphFolder, name)
    if (full === layout.restoringPath) continue
    if (kind === 'folder') {
      await removeTree(disk, full)
      await disk.removeFolder(full)
    } else await disk.unlink(full)
  }
  await disk.syncFolder(layout.cenotaphFolder)
  await disk.syncFolder(layout.root)
}

async function abandon(
  { options: { disk }, layout }: RestoreRootParts,
  made: readonly string[],
): Promise<void> {
  await empty(disk, layout)
  await disk.unlink(layout.restoringPath)
  await disk.syncFolder(layout.cenotaphFolder)
  for (const folder of [...new Set([...made, layout.cenotaphFolder])].reverse()) {
    await disk.removeFolder(folder)
    await disk.syncFolder(path.dirname(folder))
  }
}

async function build(parts: RestoreRootParts): Promise<RestorePlan> {
  const { options, layout, backup } = parts
  const { disk, entropy } = options
  const sets = unionOf(backup.dead, parts.sets)
  const dead = new Set<string>(sets.flatMap((set) => set.ids))
  await replaceWhole(disk, layout.tombstonesPath, encodeTombstones(sets))
  await options.crashPoint('restore.tombstones:after')
  const signingKey = await createSigningKey(disk, layout.keyPath, entropy)
  const plan = planRestore(backup, (id) => dead.has(id))
  await copyReceipts(parts)
  await copyRollouts(parts, [...plan.living, ...plan.dying])
  await options.crashPoint('restore.rollouts:after')
  const manifest = await readWhole(disk, path.join(backup.folder, manifestName))
  const manifestHash = createHash('sha256')
    .update(manifest ?? new Uint8Array(0))
    .digest('hex')
  await fillLevel({ options, layout, backup, plan, sets, signingKey, manifestHash })
  await disk.syncFolder(layout.cenotaphFolder)
  return plan
}

/** Each set once, in the order of their operations. */
function unionOf(...lists: readonly (readonly PrepareRecord[])[]): PrepareRecord[] {
  const sets = new Map<string, PrepareRecord>()
  for (const set of lists.flat()) if (!sets.has(set.operationId)) sets.set(set.operationId, set)
  return [...sets.values()].sort((a, b) => (a.operationId < b.operationId ? -1 : 1))
}

async function copyReceipts({
  options: { disk },
  layout,
  backup,
}: RestoreRootParts): Promise<void> {
  for (const { path: name } of backup.manifest.files) {
    if (!name.startsWith('receipts/')) continue
    const target = path.join(layout.receiptsFolder, path.basename(name))
    await copyFile(disk, path.join(backup.folder, name), target)
  }
  await disk.syncFolder(layout.receiptsFolder)
}

async function copyRollouts(
  { options, layout, backup, onProgress, signal }: RestoreRootParts,
  threads: readonly BackupThread[],
): Promise<void> {
  const { disk } = options
  const touched = new Set<string>()
  for (const [index, { row, rollouts }] of threads.entries()) {
    signal?.throwIfAborted()
    for (const [place, from] of rollouts.entries()) {
      const { fileName } = row.rollouts[place]!
      const plain = layout.rolloutPath({ archived: row.archived, fileName })
      const target = from.endsWith('.zst') ? `${plain}.zst` : plain
      for (const made of await disk.makeFolder(path.dirname(target)))
        touched.add(path.dirname(made))
      await copyFile(disk, path.join(backup.folder, from), target)
      touched.add(path.dirname(target))
    }
    await options.crashPoint('restore.thread:after')
    onProgress?.(index + 1, threads.length)
  }
  for (const folder of touched) await disk.syncFolder(folder)
}

/** Durable but for its name. @throws BACKUP_INVALID where the source went away */
async function copyFile(disk: Disk, from: string, to: string): Promise<void> {
  const source = await disk.openRead(from)
  if (!source) throw new StoreError('BACKUP_INVALID', `a file of the backup is gone: ${from}`)
  try {
    const target = await disk.create(to)
    if (!target) throw new StoreError('DISK_ERROR', `there is a file already: ${to}`)
    try {
      const size = await source.size()
      for (let offset = 0; offset < size; offset += COPY_BYTES) {
        await target.write(offset, await source.read(offset, Math.min(COPY_BYTES, size - offset)))
      }
      await target.sync()
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

/** Instants of a restore into an empty root, for crash tests. */
export const restoreCrashPoints = [
  'restore.claim:after',
  'restore.tombstones:after',
  'restore.thread:after',
  'restore.rollouts:after',
  'restore.whole:after',
] as const
