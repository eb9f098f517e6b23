// Every name under the root that belongs to some threads: rollouts in both forms and both places, duplicates in
// other day folders, temporaries made from their names, staged ones too. The owner is the id in the name, before `_`: a file that
// merely mentions an id in its text belongs to somebody else.

import path from 'node:path'
import { isTemporaryName, parseRolloutFileName, type ThreadId } from '@cenotaph/rollout'
import type { Disk, FileStat } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { forEachOf } from '../for-each-of.js'
import { inPieces } from '../in-pieces.js'
import { FEW_MAX, markOf } from './folder-owners.js'

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
  isWanted: IsWanted,
  folders?: Iterable<string>,
): Promise<OwnedFile[]> {
  const found: OwnedFile[] = []
  const lookAt = async (folder: string): Promise<string[]> => {
    const { files, folders: inside } = await look(context.disk, folder, isWanted)
    for (const file of files) found.push(file)
    return inside
  }
  if (folders) for (const folder of folders) await lookAt(folder)
  else {
    await walk(context, lookAt)
    await addStaged(context, isWanted, found)
  }
  return found
}

/**
 * As {@link namesOf} in all folders. For a few threads, folders are passed over that an earlier walk has seen, that have
 * no name of theirs, and that nobody has changed since.
 */
export async function namesOfThreads(
  context: StoreContext,
  ids: readonly ThreadId[],
): Promise<OwnedFile[]> {
  const wanted = new Set(ids)
  const isWanted = (id: ThreadId): boolean => wanted.has(id)
  if (ids.length > FEW_MAX || !context.disk.folderStamp) return namesOf(context, isWanted)
  const { folderOwners } = context.deletions
  const found: OwnedFile[] = []
  await walk(context, async (folder) => {
    const stamp = await context.disk.folderStamp?.(folder)
    const known = folderOwners.without(folder, stamp, ids)
    if (known) return known.folders
    const marks: number[] = []
    const { files, folders } = await look(context.disk, folder, isWanted, marks)
    for (const file of files) found.push(file)
    const hasUnowned = files.some(({ owner }) => owner === undefined)
    folderOwners.note(folder, { folders, marks: Uint32Array.from(marks).sort(), hasUnowned }, stamp)
    return folders
  })
  await addStaged(context, isWanted, found)
  return found
}

type IsWanted = (id: ThreadId) => boolean

/** What is staged under the id of an operation is that operation's, and has no owner by name. */
async function addStaged(
  { disk, layout }: StoreContext,
  isWanted: IsWanted,
  found: OwnedFile[],
): Promise<void> {
  const { files } = await look(disk, layout.stagingFolder, isWanted)
  for (const file of files) if (file.owner !== undefined) found.push(file)
}

/** Every file with an owner under the root, for verification. */
export async function walkRollouts(
  context: StoreContext,
  visit: (file: OwnedFile) => void,
): Promise<void> {
  await walk(context, async (folder) => {
    const { files, folders } = await look(context.disk, folder, () => true)
    for (const file of files) visit(file)
    return folders
  })
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

/** Looks at every folder that rollouts may be in; `lookAt` gives the folders in one. */
async function walk(
  { layout }: StoreContext,
  lookAt: (folder: string) => Promise<readonly string[]>,
): Promise<void> {
  const walkFrom = async (folder: string): Promise<void> =>
    forEachOf(await lookAt(folder), AT_ONCE_MAX, walkFrom)
  await walkFrom(layout.sessionsFolder)
  await walkFrom(layout.archivedFolder)
}

interface Seen {
  /** Those that are wanted, and temporaries of nobody. */
  readonly files: readonly OwnedFile[]
  readonly folders: string[]
}

/** The names of one folder; `marks` takes one for each that has an owner. */
async function look(
  disk: Disk,
  folder: string,
  isWanted: IsWanted,
  marks?: number[],
): Promise<Seen> {
  const files: OwnedFile[] = []
  const folders: string[] = []
  const pieces = disk.listPieces?.(folder) ?? inPieces((await disk.list(folder)) ?? [])
  for await (const piece of pieces) {
    for (const { name, kind } of piece) {
      // Names of entries have no separators; asking about each of 10,000 takes time.
      if (kind === 'folder') folders.push(`${folder}${path.sep}${name}`)
      const owner = kind === 'folder' ? undefined : plainOwner(name)
      if (owner !== undefined) marks?.push(markOf(owner))
      if (kind === 'folder' || (owner !== undefined && !isWanted(owner))) continue
      const file = ownedFile(folder, `${folder}${path.sep}${name}`, name)
      if (file?.owner !== undefined && owner === undefined) marks?.push(markOf(file.owner))
      if (file && (file.owner === undefined || isWanted(file.owner))) files.push(file)
    }
  }
  return { files, folders }
}

const OWNER_FROM = 'rollout-2026-01-31T12-00-00-'.length
const OWNER_TO = OWNER_FROM + '00000000-0000-0000-0000-000000000000'.length

/** Whose a rollout is if its name is one, without looking at all of it; undefined where that has to be read. */
function plainOwner(name: string): ThreadId | undefined {
  if (!name.startsWith('rollout-') || isTemporaryName(name)) return undefined
  return name.slice(OWNER_FROM, OWNER_TO).toLowerCase() as ThreadId
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
