// The Disk port in memory: what nodeDisk does, with the same answers and the same errors, and nothing on any disk.
// There is nothing to make durable, so `sync` and `syncFolder` only look whether their subject is there. Nothing
// survives the process, and `wipe` overwrites what is held before it lets go of it.

import path from 'node:path'
import { type Clock, nodeClock } from './clock.js'
import type { Disk, DiskFile, FileStat, FolderEntry } from './disk.js'
import { MemoryFile, type MemoryInode } from './memory-file.js'
import { diskError } from './node-errors.js'

export interface MemoryDiskOptions {
  /** Bytes that all files may have together; a write beyond is DISK_FULL. Default 1 TiB. */
  readonly capacityBytes?: number
  /** For the times of files. */
  readonly clock?: Pick<Clock, 'wallMs'>
}

interface Folder {
  readonly kind: 'folder'
  readonly id: number
  mode: number
  modifiedMs: number
  readonly entries: Map<string, Entry>
}

type Entry = Folder | MemoryInode

const TiB = 2 ** 40

const failure = (errno: string, call: string, name: string) =>
  diskError(Object.assign(new Error(errno), { code: errno }), call, name)

/** Names from the root to the place. */
const partsOf = (name: string): string[] =>
  path.posix
    .normalize(`/${name}`)
    .split('/')
    .filter((part) => part !== '')

export class MemoryDisk implements Disk {
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly #capacityBytes: number
  #lastId = 0
  #usedBytes = 0
  #root: Folder

  constructor({ capacityBytes = TiB, clock = nodeClock }: MemoryDiskOptions = {}) {
    this.#clock = clock
    this.#capacityBytes = capacityBytes
    this.#root = this.#newFolder()
  }

  async openRead(name: string): Promise<DiskFile | undefined> {
    const entry = this.#walk('open', name)
    return entry && this.#open(name, entry, false)
  }

  async openWrite(name: string): Promise<DiskFile | undefined> {
    const entry = this.#walk('open', name)
    if (entry?.kind === 'folder') throw failure('EISDIR', 'open', name)
    return entry && this.#open(name, entry, true)
  }

  async create(name: string): Promise<DiskFile | undefined> {
    const { folder, last } = this.#placeOf('open', name)
    if (last === undefined || folder.entries.has(last)) return undefined
    const file: MemoryInode = {
      kind: 'file',
      id: ++this.#lastId,
      mode: 0o600,
      links: 0,
      modifiedMs: this.#clock.wallMs(),
      bytes: new Uint8Array(0),
      length: 0,
      opened: 0,
    }
    this.#put(folder, last, file)
    return this.#open(name, file, true)
  }

  async makeFolder(name: string): Promise<readonly string[]> {
    const made: string[] = []
    const parts = partsOf(name)
    let folder = this.#root
    for (const [index, part] of parts.entries()) {
      const present = folder.entries.get(part)
      if (present?.kind === 'file') {
        // The last name that is taken by a file counts as there, as it does for mkdir.
        if (index === parts.length - 1) return made
        throw failure('ENOTDIR', 'mkdir', name)
      }
      const next = present ?? this.#newFolder()
      if (!present) {
        this.#put(folder, part, next)
        made.push(`/${parts.slice(0, index + 1).join('/')}`)
      }
      folder = next
    }
    return made
  }

  async list(name: string): Promise<readonly FolderEntry[] | undefined> {
    const entry = this.#walk('readdir', name)
    if (entry?.kind === 'file') throw failure('ENOTDIR', 'readdir', name)
    return (
      entry &&
      [...entry.entries]
        .map(([base, { kind }]): FolderEntry => ({ name: base, kind }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    )
  }

  async stat(name: string): Promise<FileStat | undefined> {
    const entry = this.#find(name)
    if (!entry || entry === 'not-a-folder') return undefined
    const { kind, mode, modifiedMs, id } = entry
    const [bytes, links] = kind === 'file' ? [entry.length, entry.links] : [0, 1]
    return { kind, bytes, modifiedMs, links, mode, identity: `memory:${id}` }
  }

  async link(from: string, to: string): Promise<boolean> {
    const source = this.#walk('link', from)
    if (!source) throw failure('ENOENT', 'link', to)
    const { folder, last } = this.#placeOf('link', to)
    if (last === undefined || folder.entries.has(last)) return false
    if (source.kind === 'folder') throw failure('EPERM', 'link', to)
    this.#put(folder, last, source)
    return true
  }

  async rename(from: string, to: string): Promise<void> {
    const source = this.#placeOf('rename', from)
    const entry = source.last === undefined ? undefined : source.folder.entries.get(source.last)
    if (!entry) throw failure('ENOENT', 'rename', to)
    const target = this.#placeOf('rename', to)
    if (target.last === undefined) throw failure('EBUSY', 'rename', to)
    const present = target.folder.entries.get(target.last)
    // Two names of one file: both stay, as POSIX says.
    if (present === entry) return
    if (entry.kind === 'folder' && this.#holds(entry, target.folder))
      throw failure('EINVAL', 'rename', to)
    if (present) this.#refuseReplacing(present, entry, to)
    if (present) this.#take(target.folder, target.last, present)
    this.#put(target.folder, target.last, entry)
    this.#take(source.folder, source.last!, entry)
  }

  async unlink(name: string): Promise<boolean> {
    const entry = this.#walk('unlink', name)
    if (!entry) return false
    if (entry.kind === 'folder') throw failure('EISDIR', 'unlink', name)
    const { folder, last } = this.#placeOf('unlink', name)
    this.#take(folder, last!, entry)
    return true
  }

  async removeFolder(name: string): Promise<boolean> {
    const entry = this.#walk('rmdir', name)
    if (!entry) return false
    if (entry.kind === 'file') throw failure('ENOTDIR', 'rmdir', name)
    const { folder, last } = this.#placeOf('rmdir', name)
    if (last === undefined) throw failure('EBUSY', 'rmdir', name)
    if (entry.entries.size > 0) return false
    this.#take(folder, last, entry)
    return true
  }

  async syncFolder(name: string): Promise<void> {
    const entry = this.#walk('fsync', name)
    if (!entry) throw failure('ENOENT', 'fsync', name)
    if (entry.kind === 'file') throw failure('ENOTDIR', 'fsync', name)
  }

  async freeBytes(name: string): Promise<number> {
    if (!this.#walk('statfs', name)) throw failure('ENOENT', 'statfs', name)
    return Math.max(0, this.#capacityBytes - this.#usedBytes)
  }

  async setMode(name: string, mode: number): Promise<void> {
    const entry = this.#walk('chmod', name)
    if (!entry) throw failure('ENOENT', 'chmod', name)
    entry.mode = mode
  }

  /** Overwrites every file and forgets all names. Copies that readers were given are theirs. */
  wipe(): void {
    const queue: Entry[] = [this.#root]
    for (let entry = queue.pop(); entry; entry = queue.pop()) {
      if (entry.kind === 'folder') queue.push(...entry.entries.values())
      else {
        entry.bytes.fill(0)
        entry.bytes = new Uint8Array(0)
        entry.length = 0
      }
    }
    this.#root = this.#newFolder()
    this.#usedBytes = 0
  }

  #newFolder(): Folder {
    const modifiedMs = this.#clock.wallMs()
    return { kind: 'folder', id: ++this.#lastId, mode: 0o700, modifiedMs, entries: new Map() }
  }

  #open(name: string, entry: Entry, writable: boolean): DiskFile {
    return new MemoryFile({
      path: name,
      inode: entry.kind === 'file' ? entry : undefined,
      writable,
      nowMs: () => this.#clock.wallMs(),
      grow: (bytes) => {
        if (bytes > 0 && this.#usedBytes + bytes > this.#capacityBytes) return false
        this.#usedBytes += bytes
        return true
      },
    })
  }

  #put(folder: Folder, name: string, entry: Entry): void {
    folder.entries.set(name, entry)
    if (entry.kind === 'file') entry.links += 1
    folder.modifiedMs = this.#clock.wallMs()
  }

  #take(folder: Folder, name: string, entry: Entry): void {
    folder.entries.delete(name)
    folder.modifiedMs = this.#clock.wallMs()
    if (entry.kind !== 'file') return
    entry.links -= 1
    if (entry.links > 0 || entry.opened > 0) return
    this.#usedBytes -= entry.length
    entry.bytes.fill(0)
    entry.bytes = new Uint8Array(0)
  }

  #refuseReplacing(present: Entry, entry: Entry, to: string): void {
    if (present.kind === 'file' && entry.kind === 'folder') throw failure('ENOTDIR', 'rename', to)
    if (present.kind === 'folder' && entry.kind === 'file') throw failure('EISDIR', 'rename', to)
    if (present.kind === 'folder' && present.entries.size > 0)
      throw failure('ENOTEMPTY', 'rename', to)
  }

  #holds(folder: Folder, wanted: Folder): boolean {
    if (folder === wanted) return true
    for (const entry of folder.entries.values())
      if (entry.kind === 'folder' && this.#holds(entry, wanted)) return true
    return false
  }

  #find(name: string): Entry | 'not-a-folder' | undefined {
    let entry: Entry | undefined = this.#root
    for (const part of partsOf(name)) {
      if (entry.kind === 'file') return 'not-a-folder'
      entry = entry.entries.get(part)
      if (!entry) return undefined
    }
    return entry
  }

  #walk(call: string, name: string): Entry | undefined {
    const entry = this.#find(name)
    if (entry === 'not-a-folder') throw failure('ENOTDIR', call, name)
    return entry
  }

  /** The folder that holds a name; `last` is undefined for the root, which nothing holds. */
  #placeOf(call: string, name: string): { folder: Folder; last: string | undefined } {
    const parts = partsOf(name)
    const last = parts.pop()
    const folder = this.#walk(call, `/${parts.join('/')}`)
    if (!folder) throw failure('ENOENT', call, name)
    if (folder.kind === 'file') throw failure('ENOTDIR', call, name)
    return { folder, last }
  }
}
