// Makes a root and its folders, or makes sure that they are there. Survives a crash or a kill at any
// instant: folders are made from the outside in, each only after the name of the one around it is durable,
// so that at most one name is in doubt, and the next call makes that one durable first.

import path from 'node:path'
import { type Disk, isStoreError, StoreError } from '@cenotaph/storage'
import type { RootLayout } from './layout.js'

const privateMode = 0o700
const othersMode = 0o077
const refusals = new Set(['EACCES', 'EPERM', 'EROFS'])

/**
 * Every folder of the layout is there and durable when it resolves; `made` are those that were not there,
 * outermost first. Made folders are 0700; of the existing ones only `.cenotaph` is tightened to that.
 * LevelDB's folder is made here too, because LevelDB would not make its name durable: an empty one means
 * the same as none.
 * ROOT_NOT_A_FOLDER where a file is in the way, ROOT_NOT_ACCESSIBLE where this user may not; others as the
 * disk has them.
 */
export async function prepareRoot(
  disk: Disk,
  layout: RootLayout,
): Promise<{ readonly made: readonly string[] }> {
  try {
    const made: string[] = []
    const missing = await missingAncestors(disk, layout.root)
    for (const folder of missing) made.push(...(await makeDurably(disk, folder)))
    for (const folder of foldersOf(layout)) made.push(...(await disk.makeFolder(folder)))
    for (const folder of foldersOf(layout)) await requireFolder(disk, folder)
    await tighten(disk, layout.cenotaphFolder)
    await disk.syncFolder(layout.cenotaphFolder)
    await disk.syncFolder(layout.root)
    return { made }
  } catch (error) {
    throw refusalOf(error, layout.root)
  }
}

/** Inside the root, outermost first. */
const foldersOf = (layout: RootLayout): readonly string[] => [
  layout.sessionsFolder,
  layout.archivedFolder,
  layout.cenotaphFolder,
  layout.levelFolder,
  layout.receiptsFolder,
  layout.quarantineFolder,
  layout.stagingFolder,
]

/** The root and the folders around it that do not exist, outermost first. What exists is durable then. */
async function missingAncestors(disk: Disk, root: string): Promise<readonly string[]> {
  const missing: string[] = []
  let folder = root
  while (!(await disk.stat(folder))) {
    missing.unshift(folder)
    if (path.dirname(folder) === folder) return missing
    folder = path.dirname(folder)
  }
  await requireFolder(disk, folder)
  await syncIfAllowed(disk, path.dirname(folder))
  return missing
}

async function makeDurably(disk: Disk, folder: string): Promise<readonly string[]> {
  const made = await disk.makeFolder(folder)
  await disk.syncFolder(path.dirname(folder))
  return made
}

/** A folder that this user may not open for reading, such as /home, is one that it made nothing in. */
async function syncIfAllowed(disk: Disk, folder: string): Promise<void> {
  try {
    await disk.syncFolder(folder)
  } catch (error) {
    if (!refusals.has(errnoOf(error))) throw error
  }
}

/** Follows symbolic links: a root may lie on another disk. */
async function requireFolder(disk: Disk, folder: string): Promise<void> {
  const stat = await disk.stat(folder)
  if (stat?.kind === 'folder') return
  if (stat?.kind === 'other' && (await disk.list(folder))) return
  throw notAFolder(folder)
}

async function tighten(disk: Disk, folder: string): Promise<void> {
  const stat = await disk.stat(folder)
  if (stat && (stat.mode & othersMode) !== 0) await disk.setMode(folder, privateMode)
}

function refusalOf(error: unknown, root: string): unknown {
  const errno = errnoOf(error)
  if (errno === 'ENOTDIR' || errno === 'ELOOP') return notAFolder(root, error)
  if (!refusals.has(errno)) return error
  return new StoreError('ROOT_NOT_ACCESSIBLE', `this user may not use ${root}: ${errno}`, {
    cause: error,
    detail: { path: root, errno },
  })
}

const notAFolder = (folder: string, cause?: unknown): StoreError =>
  new StoreError('ROOT_NOT_A_FOLDER', `${folder} is not a folder`, {
    cause,
    detail: { path: folder },
  })

function errnoOf(error: unknown): string {
  const errno = isStoreError(error) ? error.detail.errno : undefined
  return typeof errno === 'string' ? errno : ''
}
