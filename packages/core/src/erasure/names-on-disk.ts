// Every name under the root that belongs to some threads: rollouts in both forms and both places, duplicates in
// other day folders, temporaries made from their names, staged ones too. The owner is the id in the name, before `_`: a file that
// merely mentions an id in its text belongs to somebody else.

import path from 'node:path'
import { isTemporaryName, parseRolloutFileName, type ThreadId } from '@cenotaph/rollout'
import type { Disk, FileStat } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { forEachOf } from '../for-each-of.js'
import { inPieces } from '../in-pieces.js'

/**
 * Folders listed, and files asked about or unlinked, at once. Node has four threads for such calls, and a file system may
 * hold one up for long while it commits: the others are for those who go on meanwhile.
 */
export const AT_ONCE_MAX = 2

export type FileKind = 'rollout' | 'rollout-compressed' | 'temporary'

export interface OwnedFile {
  readonly folder: string
  readonly path: string
  readonly kind: FileKind
  /** Undefined for a temporary whose name does not say whose it is. */
  readonly owner: ThreadId | undefined
}

export interface StattedFile extends OwnedFile {
  readonly stat: FileStat
}

/** Files that belong, or may belong, to a thread for which `isWanted` holds: in some folders, or in all. */
export async function namesOf(
  context: StoreContext,
  isWanted: (id: ThreadId) => boolean,
  folders?: Iterable<string>,
): Promise<OwnedFile[]> {
  const found: OwnedFile[] = []
  const visit = (file: OwnedFile): void => {
    if (file.owner === undefined || isWanted(file.owner)) found.push(file)
  }
  if (folders) for (const folder of folders) await look(context.disk, folder, visit)
  else {
    await walkRollouts(context, visit)
    // What is staged under the id of an operation is that operation's, and has no owner by name.
    await look(context.disk, context.layout.stagingFolder, (file) => {
      if (file.owner !== undefined) visit(file)
    })
  }
  return found
}

/** Every file with an owner under the root, for verification. */
export async function walkRollouts(
  context: StoreContext,
  visit: (file: OwnedFile) => void,
): Promise<void> {
  const { layout, disk } = context
  await walk(disk, layout.sessionsFolder, visit)
  await walk(disk, layout.archivedFolder, visit)
}

/** Every folder that rollouts may be in. */
export async function rolloutFolders({ disk, layout }: StoreContext): Promise<string[]> {
  const found: string[] = []
  const queue = [layout.sessionsFolder, layout.archivedFolder]
  for (let folder = queue.shift(); folder !== undefined; folder = queue.shift()) {
    const entries = await disk.list(folder)
    if (!entries) continue
    found.push(folder)
    for (const { name, kind } of entries) {
      if (kind === 'folder') queue.push(path.join(folder, name))
    }
  }
  return found
}

async function walk(disk: Disk, folder: string, visit: (file: OwnedFile) => void): Promise<void> {
  const folders = await look(disk, folder, visit)
  await forEachOf(folders, AT_ONCE_MAX, (one) => walk(disk, one, visit))
}

/** Visits the files of one folder; gives the folders in it. */
async function look(
  disk: Disk,
  folder: string,
  visit: (file: OwnedFile) => void,
): Promise<string[]> {
  const folders: string[] = []
  for await (const piece of inPieces((await disk.list(folder)) ?? [])) {
    for (const { name, kind } of piece) {
      // Names of entries have no separators; asking about each of 10,000 takes time.
      const full = `${folder}${path.sep}${name}`
      const file = kind === 'folder' ? undefined : ownedFile(folder, full, name)
      if (kind === 'folder') folders.push(full)
      if (file) visit(file)
    }
  }
  return folders
}

function ownedFile(folder: string, full: string, name: string): OwnedFile | undefined {
  const parsed = parseRolloutFileName(name)
  if (parsed) {
    const kind = parsed.compressed ? 'rollout-compressed' : 'rollout'
    return { folder, path: full, kind, owner: parsed.threadId }
  }
  if (!isTemporaryName(name)) return undefined
  // Temporaries begin with the name of the rollout that they were made from, with or without a dot before it.
  const stem = /^\.?(rollout-.*?\.jsonl)/.exec(name)?.[1]
  const owner = stem === undefined ? undefined : parseRolloutFileName(stem)?.threadId
  return { folder, path: full, kind: 'temporary', owner }
}

export async function statFiles(
  context: StoreContext,
  files: readonly OwnedFile[],
): Promise<StattedFile[]> {
  const known: StattedFile[] = []
  await forEachOf(files, AT_ONCE_MAX, async (file) => {
    const stat = await context.disk.stat(file.path)
    if (stat) known.push({ ...file, stat })
  })
  return known
}
