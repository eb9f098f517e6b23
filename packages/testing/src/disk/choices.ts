// What may come out in several ways when the power goes: the names that were not made durable, and of each file that has
// unsynced writes its length and its sectors.

import { contentOf, type FileInode, type NameChange, SECTOR_BYTES } from './inode.js'
import { earlierOf } from './names.js'
import type { SimDisk } from './sim-disk.js'

export interface Choices {
  /** In the order in which they happened. */
  readonly names: readonly NameChoice[]
  readonly contents: readonly ContentChoice[]
}

export interface NameChoice {
  readonly change: NameChange
  /** Places, in the same list, of what must have happened for this to have happened. */
  readonly needs: readonly number[]
}

export interface ContentChoice {
  readonly file: FileInode
  /** Undefined for the length of the file. */
  readonly sector: number | undefined
  /** Forms to choose from; 0 is what is durable. */
  readonly size: number
  /** The form that is there now. */
  readonly present: number
}

export function choicesOf(disk: SimDisk): Choices {
  const changes = new Set<NameChange>()
  const contents: ContentChoice[] = []
  for (const inode of disk.inodes()) {
    if (inode.kind === 'folder') for (const change of inode.pending) changes.add(change)
    else contents.push(...choicesOfFile(inode))
  }
  const inOrder = [...changes].sort((a, b) => a.order - b.order)
  const names = inOrder.map((change) => ({
    change,
    needs: earlierOf(change).map((earlier) => inOrder.indexOf(earlier)),
  }))
  return { names, contents }
}

function choicesOfFile(file: FileInode): ContentChoice[] {
  const { versions } = file
  if (versions.length < 2) return []
  const choices: ContentChoice[] = []
  const lengths = lengthsOf(file)
  const present = lengths.indexOf(contentOf(file).length)
  if (lengths.length > 1) choices.push({ file, sector: undefined, size: lengths.length, present })
  const longest = Math.max(...versions.map((version) => version.length))
  for (let sector = 0; sector * SECTOR_BYTES < longest; sector += 1) {
    const pieces = sectorVersions(file, sector)
    if (pieces.length < 2) continue
    const now = placeOf(pieces, pieceOf(contentOf(file), sector))
    choices.push({ file, sector, size: pieces.length, present: now })
  }
  return choices
}

/** The durable length first; then every other version's, and every sector's end behind the durable one. */
export function lengthsOf({ versions }: FileInode): number[] {
  const first = versions[0]!.length
  const lengths = new Set(versions.map((version) => version.length))
  const longest = Math.max(...lengths)
  for (let end = SECTOR_BYTES; end < longest; end += SECTOR_BYTES) if (end > first) lengths.add(end)
  return [...lengths]
}

/** Different contents of one sector, the durable one first. */
export function sectorVersions({ versions }: FileInode, sector: number): Uint8Array[] {
  const found: Uint8Array[] = []
  for (const version of versions) {
    const piece = pieceOf(version, sector)
    if (placeOf(found, piece) < 0) found.push(piece)
  }
  return found
}

function pieceOf(content: Uint8Array, sector: number): Uint8Array {
  const piece = new Uint8Array(SECTOR_BYTES)
  piece.set(content.subarray(sector * SECTOR_BYTES, (sector + 1) * SECTOR_BYTES))
  return piece
}

const placeOf = (pieces: readonly Uint8Array[], piece: Uint8Array): number =>
  pieces.findIndex((other) => Buffer.compare(other, piece) === 0)
