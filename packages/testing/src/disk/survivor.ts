// The disk that comes back when it has been decided what happened and what did not.

import { type ContentChoice, lengthsOf, sectorVersions } from './choices.js'
import {
  contentOf,
  type FileInode,
  type FolderInode,
  type Inode,
  type NameChange,
  SECTOR_BYTES,
  settledFile,
} from './inode.js'
import { SimDisk } from './sim-disk.js'

export interface Outcome {
  readonly happened: ReadonlySet<NameChange>
  /** For each choice the index that was chosen. */
  readonly contents: ReadonlyMap<ContentChoice, number>
}

/** A disk of its own, all of it durable. */
export function survivorOf(disk: SimDisk, { happened, contents }: Outcome): SimDisk {
  const lengths = new Map<FileInode, number>()
  const sectors = new Map<FileInode, Map<number, number>>()
  for (const [choice, index] of contents) {
    const { file, sector } = choice
    if (sector === undefined) lengths.set(file, lengthsOf(file)[index]!)
    else sectors.set(file, (sectors.get(file) ?? new Map<number, number>()).set(sector, index))
  }
  const content = (file: FileInode): Uint8Array => {
    // Contents are never changed in place, so states may share one.
    if (file.versions.length === 1) return contentOf(file)
    const chosen = sectors.get(file)
    const bytes = new Uint8Array(lengths.get(file) ?? contentOf(file).length)
    for (let start = 0; start < bytes.length; start += SECTOR_BYTES) {
      const sector = start / SECTOR_BYTES
      const versions = sectorVersions(file, sector)
      const piece = versions[chosen?.get(sector) ?? 0]!
      bytes.set(piece.subarray(0, Math.min(SECTOR_BYTES, bytes.length - start)), start)
    }
    return bytes
  }
  return new SimDisk(disk.options, treeOf(disk.root, happened, content))
}

/** The tree that durable names and the changes that happened lead to. */
function treeOf(
  root: FolderInode,
  happened: ReadonlySet<NameChange>,
  content: (file: FileInode) => Uint8Array,
): FolderInode {
  const copies = new Map<Inode, Inode>()
  let nextId = 1
  const copyOf = (inode: Inode): Inode => {
    const known = copies.get(inode)
    if (known) return known
    const copy =
      inode.kind === 'file'
        ? settledFile(inode, nextId++, content(inode))
        : emptyFolder(inode, nextId++)
    copies.set(inode, copy)
    if (inode.kind === 'folder' && copy.kind === 'folder') fill(inode, copy)
    return copy
  }
  const fill = (folder: FolderInode, copy: FolderInode): void => {
    const names = new Map(folder.durable)
    for (const change of folder.pending) {
      if (!happened.has(change)) continue
      for (const effect of change.effects) {
        if (effect.folder !== folder) continue
        if (effect.inode) names.set(effect.name, effect.inode)
        else names.delete(effect.name)
      }
    }
    for (const [name, inode] of names) {
      const child = copyOf(inode)
      if (child.kind === 'file') child.links += 1
      copy.entries.set(name, child)
    }
    copy.durable = new Map(copy.entries)
  }
  return copyOf(root) as FolderInode
}

const emptyFolder = (folder: FolderInode, id: number): FolderInode => ({
  kind: 'folder',
  id,
  mode: folder.mode,
  modifiedMs: folder.modifiedMs,
  entries: new Map(),
  durable: new Map(),
  pending: [],
})
