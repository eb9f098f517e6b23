// SimDisk: the Disk port in memory, with a fault model. It is the contract of what a disk may do to an engine when the
// power goes; an engine that survives every state that `crashStates` gives survives every disk that keeps this.
//
//   fsynced bytes      stay. `sync` makes the content and the length of one file durable, and no name.
//   unsynced writes    of a file come back in any mix: each sector of 512 bytes in the version of any write since the
//                      last sync, or as it was before; the length that of any version, or cut at any sector between.
//                      Bytes inside of the length that no write brought back are zero.
//   names              a create, link, rename, unlink or makeFolder happened or did not, each for itself, until one of
//                      its folders is fsynced. Changes of one name keep their order. A rename is one change.
//   files              are independent of each other: a later write of one may survive an earlier write of another.
//   a folder           that is not reachable by durable names is gone, with all that is in it.
//
// It does what nodeDisk does while there is power: the same answers, the same errors.

import type { Clock, Disk, DiskFile, FileStat, FolderEntry } from '@cenotaph/storage'
import { nodeClock } from '@cenotaph/storage'
import { simError } from './errors.js'
import {
  contentOf,
  type FileInode,
  type FolderInode,
  type Inode,
  isVolatile,
  type NameEffect,
} from './inode.js'
import { inodesBelow, syncNames } from './names.js'
import { partsOf } from './paths.js'
import { SimFile } from './sim-file.js'

export interface SimDiskOptions {
  /** Bytes that all files may have together; a write beyond is DISK_FULL. Default: no limit. */
  readonly capacityBytes?: number
  /** For the times of files. */
  readonly clock?: Pick<Clock, 'wallMs'>
}

export class SimDisk implements Disk {
  readonly #options: SimDiskOptions
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly root: FolderInode
  #nextId = 1
  #nextOrder = 0
  #changes = 0
  #syncs = 0

  constructor(options: SimDiskOptions = {}, root?: FolderInode) {
    this.#options = options
    this.#clock = options.clock ?? nodeClock
    this.root = root ?? this.#newFolder()
    for (const inode of this.inodes()) this.#nextId = Math.max(this.#nextId, inode.id + 1)
  }

  get options(): SimDiskOptions {
    return this.#options
  }

  /** Rises with everything that changes what is there. */
  get changes(): number {
    return this.#changes
  }

  /** Rises with everything that makes something durable that was not. */
  get syncs(): number {
    return this.#syncs
  }

  /** Everything that has or had a name, or may have one after a crash; each once. */
  inodes(): Generator<Inode> {
    return inodesBelow(this.root)
  }

  /** Whether a crash could lose anything. */
  get hasVolatile(): boolean {
    for (const inode of this.inodes()) if (isVolatile(inode)) return true
    return false
  }

  async openRead(path: string): Promise<DiskFile | undefined> {
    return this.#open(path, false)
  }

  async openWrite(path: string): Promise<DiskFile | undefined> {
    return this.#open(path, true)
  }

  async create(path: string): Promise<DiskFile | undefined> {
    const { folder, name } = this.#parentOf('open', path)
    if (folder.entries.has(name)) return undefined
    const file: FileInode = {
      kind: 'file',
      id: this.#nextId++,
      mode: 0o600,
      links: 0,
      modifiedMs: this.#clock.wallMs(),
      versions: [new Uint8Array(0)],
    }
    this.#change([{ folder, name, inode: file }])
    return this.#handle(path, file, true)
  }

  async makeFolder(path: string): Promise<readonly string[]> {
    const made: string[] = []
    let folder = this.root
    let place = ''
    for (const part of partsOf(path)) {
      place += `/${part}`
      const present = folder.entries.get(part)
      if (present?.kind === 'file') {
        // The last part that is no folder is told as mkdir tells it, one on the way as a bad path.
        if (place === `/${partsOf(path).join('/')}`) return made
        throw simError('ENOTDIR', 'mkdir', path)
      }
      const next = present ?? this.#newFolder()
      if (!present) {
        this.#change([{ folder, name: part, inode: next }])
        made.push(place)
      }
      folder = next
    }
    return made
  }

  async list(path: string): Promise<readonly FolderEntry[] | undefined> {
    const inode = this.#find(path)
    if (!inode) return undefined
    if (inode.kind === 'file') throw simError('ENOTDIR', 'readdir', path)
    return [...inode.entries]
      .map(([name, entry]): FolderEntry => ({ name, kind: entry.kind }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async stat(path: string): Promise<FileStat | undefined> {
    const inode = this.#find(path)
    if (!inode) return undefined
    const { kind, mode, modifiedMs, id } = inode
    const bytes = kind === 'file' ? contentOf(inode).length : 0
    const links = kind === 'file' ? inode.links : 1
    return { kind, bytes, modifiedMs, links, mode, identity: `sim:${id}` }
  }

  async link(from: string, to: string): Promise<boolean> {
    const source = this.#find(from)
    if (!source) throw simError('ENOENT', 'link', to)
    if (source.kind === 'folder') throw simError('EPERM', 'link', to)
    const { folder, name } = this.#parentOf('link', to)
    if (folder.entries.has(name)) return false
    this.#change([{ folder, name, inode: source }])
    return true
  }

  async rename(from: string, to: string): Promise<void> {
    const source = this.#parentOf('rename', from)
    const inode = source.folder.entries.get(source.name)
    if (!inode) throw simError('ENOENT', 'rename', to)
    const target = this.#parentOf('rename', to)
    const present = target.folder.entries.get(target.name)
    // Two names of one file: rename leaves both, as POSIX says.
    if (present === inode) return
    if (present?.kind === 'folder' && inode.kind === 'file') throw simError('EISDIR', 'rename', to)
    if (present?.kind === 'file' && inode.kind === 'folder') throw simError('ENOTDIR', 'rename', to)
    if (present?.kind === 'folder' && present.entries.size > 0)
      throw simError('ENOTEMPTY', 'rename', to)
    this.#change([
      { ...source, inode: undefined },
      { ...target, inode },
    ])
  }

  async unlink(path: string): Promise<boolean> {
    const place = this.#tryParentOf(path)
    const inode = place?.folder.entries.get(place.name)
    if (!place || !inode) return false
    if (inode.kind === 'folder') throw simError('EISDIR', 'unlink', path)
    this.#change([{ ...place, inode: undefined }])
    return true
  }

  async removeFolder(path: string): Promise<boolean> {
    const place = this.#tryParentOf(path)
    const inode = place?.folder.entries.get(place.name)
    if (!place || !inode) return false
    if (inode.kind === 'file') throw simError('ENOTDIR', 'rmdir', path)
    if (inode.entries.size > 0) return false
    this.#change([{ ...place, inode: undefined }])
    return true
  }

  async syncFolder(path: string): Promise<void> {
    const inode = this.#find(path)
    if (!inode) throw simError('ENOENT', 'fsync', path)
    if (inode.kind === 'file') throw simError('ENOTDIR', 'fsync', path)
    if (inode.pending.length === 0) return
    this.#syncs += 1
    syncNames(inode)
  }

  async freeBytes(path: string): Promise<number> {
    if (!this.#find(path)) throw simError('ENOENT', 'statfs', path)
    return Math.max(0, this.#capacityBytes - this.#usedBytes())
  }

  async setMode(path: string, mode: number): Promise<void> {
    const inode = this.#find(path)
    if (!inode) throw simError('ENOENT', 'chmod', path)
    this.#changes += 1
    this.#syncs += 1
    inode.mode = mode
  }

  #newFolder(): FolderInode {
    return {
      kind: 'folder',
      id: this.#nextId++,
      mode: 0o700,
      modifiedMs: this.#clock.wallMs(),
      entries: new Map(),
      durable: new Map(),
      pending: [],
    }
  }

  #change(effects: readonly NameEffect[]): void {
    this.#changes += 1
    const change = { synced: false, order: this.#nextOrder++, effects }
    for (const { folder, name, inode } of effects) {
      const before = folder.entries.get(name)
      if (before?.kind === 'file') before.links -= 1
      if (inode) folder.entries.set(name, inode)
      else folder.entries.delete(name)
      if (inode?.kind === 'file') inode.links += 1
      folder.modifiedMs = this.#clock.wallMs()
      if (!folder.pending.includes(change)) folder.pending.push(change)
    }
  }

  #find(path: string): Inode | undefined {
    return this.#at(partsOf(path))
  }

  #at(parts: readonly string[]): Inode | undefined {
    let inode: Inode | undefined = this.root
    for (const part of parts) {
      if (inode?.kind !== 'folder') return undefined
      inode = inode.entries.get(part)
    }
    return inode
  }

  #tryParentOf(path: string): { folder: FolderInode; name: string } | undefined {
    const parts = partsOf(path)
    const name = parts.at(-1)
    const folder = this.#at(parts.slice(0, -1))
    return name !== undefined && folder?.kind === 'folder' ? { folder, name } : undefined
  }

  #parentOf(call: string, path: string): { folder: FolderInode; name: string } {
    const place = this.#tryParentOf(path)
    if (place) return place
    throw simError('ENOENT', call, path)
  }

  #open(path: string, writable: boolean): DiskFile | undefined {
    const inode = this.#find(path)
    if (!inode) return undefined
    if (inode.kind === 'file') return this.#handle(path, inode, writable)
    if (writable) throw simError('EISDIR', 'open', path)
    return this.#handle(path, undefined, false)
  }

  #handle(path: string, inode: FileInode | undefined, writable: boolean): DiskFile {
    return new SimFile({
      path,
      inode,
      writable,
      nowMs: () => this.#clock.wallMs(),
      changes: () => {
        this.#changes += 1
      },
      syncs: () => {
        this.#syncs += 1
      },
      hasRoom: (bytes) =>
        this.#options.capacityBytes === undefined ||
        this.#usedBytes() + bytes <= this.#options.capacityBytes,
    })
  }

  get #capacityBytes(): number {
    return this.#options.capacityBytes ?? Number.MAX_SAFE_INTEGER
  }

  #usedBytes(): number {
    let used = 0
    for (const inode of this.inodes()) {
      if (inode.kind === 'file' && inode.links > 0) used += contentOf(inode).length
    }
    return used
  }
}
