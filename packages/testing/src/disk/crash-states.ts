// The states in which a simulated disk may come back after the power went: all of them where they are few, a seeded
// sample where they are many. See sim-disk.ts for what may happen to bytes and to names.

import { pick, type Random, seededRandom } from '../random.js'
import {
  contentOf,
  type FileInode,
  type FolderInode,
  type Inode,
  type NameChange,
  SECTOR_BYTES,
  settledFile,
} from './inode.js'
import { earlierOf } from './names.js'
import { SimDisk } from './sim-disk.js'

export interface CrashOptions {
  /** At most so many states. Default 64. */
  readonly limit?: number
  /** For the sample, where there are more. Default 1. */
  readonly seed?: number
}

/**
 * States after a crash at this instant; nothing in them is volatile. Always among them: what is durable and nothing
 * else, and everything as it was. The disk itself is left as it is.
 */
export function* crashStates(
  disk: SimDisk,
  { limit = 64, seed = 1 }: CrashOptions = {},
): Generator<SimDisk> {
  const choices = choicesOf(disk)
  const sizes = choices.map((choice) => choice.size)
  const count = sizes.reduce((product, size) => product * size, 1)
  const picks = count <= limit ? allOf(sizes) : sampleOf(sizes, limit, seededRandom(seed))
  const seen = new Set<string>()
  for (const indexes of picks) {
    const key = indexes.join(' ')
    if (seen.has(key)) continue
    seen.add(key)
    const state = stateOf(disk, choices, indexes)
    if (state) yield state
  }
}

/** A disk of its own that holds what this one holds, all of it durable. */
export const copyOfDisk = (disk: SimDisk): SimDisk =>
  stateOf(
    disk,
    choicesOf(disk),
    choicesOf(disk).map(({ size }) => size - 1),
  )!

/** How many combinations there are to choose from, those that contradict themselves included. */
export const crashStateCount = (disk: SimDisk): number =>
  choicesOf(disk).reduce((product, { size }) => product * size, 1)

/** One thing that may come out in several ways; 0 is what is durable, the last is what is there now. */
type Choice =
  | { readonly what: 'name'; readonly size: 2; readonly change: NameChange }
  | { readonly what: 'length'; readonly size: number; readonly file: FileInode }
  | {
      readonly what: 'sector'
      readonly size: number
      readonly file: FileInode
      readonly sector: number
    }

function choicesOf(disk: SimDisk): Choice[] {
  const changes = new Set<NameChange>()
  const choices: Choice[] = []
  for (const inode of disk.inodes()) {
    if (inode.kind === 'folder') for (const change of inode.pending) changes.add(change)
    else choices.push(...choicesOfFile(inode))
  }
  const names = [...changes].sort((a, b) => a.order - b.order)
  return [...names.map((change) => ({ what: 'name', size: 2, change }) as const), ...choices]
}

function choicesOfFile(file: FileInode): Choice[] {
  if (file.versions.length < 2) return []
  const choices: Choice[] = []
  const lengths = lengthsOf(file)
  if (lengths.length > 1) choices.push({ what: 'length', size: lengths.length, file })
  const longest = Math.max(...file.versions.map((version) => version.length))
  for (let sector = 0; sector * SECTOR_BYTES < longest; sector += 1) {
    const size = sectorVersions(file, sector).length
    if (size > 1) choices.push({ what: 'sector', size, file, sector })
  }
  return choices
}

/** The durable length first and the present one last; between them every version's, and every sector's end. */
function lengthsOf({ versions }: FileInode): number[] {
  const first = versions[0]!.length
  const last = versions.at(-1)!.length
  const between = new Set(versions.map((version) => version.length))
  const longest = Math.max(...between)
  for (let end = SECTOR_BYTES; end < longest; end += SECTOR_BYTES) if (end > first) between.add(end)
  between.delete(first)
  between.delete(last)
  return first === last && between.size === 0 ? [first] : [first, ...between, last]
}

/** Different contents of one sector: the durable first, the present last. */
function sectorVersions({ versions }: FileInode, sector: number): Uint8Array[] {
  const found: Uint8Array[] = []
  const start = sector * SECTOR_BYTES
  for (const version of versions) {
    const piece = new Uint8Array(SECTOR_BYTES)
    piece.set(version.subarray(start, start + SECTOR_BYTES))
    const known = found.findIndex((other) => Buffer.compare(other, piece) === 0)
    // One that comes again moves to the end, except for the durable one.
    if (known > 0) found.splice(known, 1)
    if (known !== 0) found.push(piece)
  }
  return found
}

function* allOf(sizes: readonly number[]): Generator<number[]> {
  const indexes = sizes.map(() => 0)
  for (;;) {
    yield [...indexes]
    let place = 0
    while (place < sizes.length && indexes[place] === sizes[place]! - 1) indexes[place++] = 0
    if (place === sizes.length) return
    indexes[place]! += 1
  }
}

/** Nothing, everything, each thing alone missing or alone there, then any mix. */
function* sampleOf(sizes: readonly number[], limit: number, random: Random): Generator<number[]> {
  yield sizes.map(() => 0)
  yield sizes.map((size) => size - 1)
  for (let left = limit - 2; left > 0; left -= 1) {
    const style = pick(random, 4)
    const odd = pick(random, sizes.length)
    yield sizes.map((size, place) => {
      if (style === 0) return place === odd ? 0 : size - 1
      if (style === 1) return place === odd ? size - 1 : 0
      return pick(random, size)
    })
  }
}

/** Undefined where the choice contradicts itself: a change without one before it at the same name. */
function stateOf(
  disk: SimDisk,
  choices: readonly Choice[],
  indexes: readonly number[],
): SimDisk | undefined {
  const happened = new Set<NameChange>()
  const lengths = new Map<FileInode, number>()
  const sectors = new Map<FileInode, Map<number, number>>()
  for (const [place, choice] of choices.entries()) {
    const index = indexes[place]!
    if (choice.what === 'name') {
      if (index === 1) happened.add(choice.change)
    } else if (choice.what === 'length') lengths.set(choice.file, lengthsOf(choice.file)[index]!)
    else {
      const chosen = sectors.get(choice.file) ?? new Map<number, number>()
      sectors.set(choice.file, chosen.set(choice.sector, index))
    }
  }
  for (const change of happened) {
    if (earlierOf(change).some((earlier) => !happened.has(earlier))) return undefined
  }
  const content = (file: FileInode): Uint8Array => {
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
  return new SimDisk(disk.options, survivorsOf(disk.root, happened, content))
}

/** The tree that durable names and the changes that happened lead to. */
function survivorsOf(
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
