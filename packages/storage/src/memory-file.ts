// An open file of a disk in memory. It stays readable and writable without a name, as on a real disk; when the last
// name and the last handle are gone, its bytes are overwritten.

import type { DiskFile } from './disk.js'
import { diskError } from './node-errors.js'

export interface MemoryInode {
  readonly kind: 'file'
  readonly id: number
  mode: number
  links: number
  modifiedMs: number
  /** Room for the content; `length` of it is used. */
  bytes: Uint8Array
  length: number
  /** Handles that are open. */
  opened: number
}

export interface MemoryFileOptions {
  readonly path: string
  /** Undefined for a folder, which can be opened and not read. */
  readonly inode: MemoryInode | undefined
  readonly writable: boolean
  readonly nowMs: () => number
  /** Takes or gives back room; false where the disk is full. */
  readonly grow: (bytes: number) => boolean
}

export class MemoryFile implements DiskFile {
  readonly path: string
  readonly #options: MemoryFileOptions
  #open = true

  constructor(options: MemoryFileOptions) {
    this.path = options.path
    this.#options = options
    if (options.inode) options.inode.opened += 1
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const inode = this.#inode('read')
    // A copy: what was read does not change when the file does.
    return inode.bytes.slice(
      Math.min(offset, inode.length),
      Math.min(offset + length, inode.length),
    )
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writeNow(offset, bytes)
  }

  writeNow(offset: number, bytes: Uint8Array): void {
    const inode = this.#writable('write')
    if (bytes.length === 0) return
    this.#resize('write', inode, Math.max(inode.length, offset + bytes.length))
    inode.bytes.set(bytes, offset)
    inode.modifiedMs = this.#options.nowMs()
  }

  async truncate(length: number): Promise<void> {
    const inode = this.#writable('truncate')
    this.#resize('truncate', inode, length)
    inode.modifiedMs = this.#options.nowMs()
  }

  async sync(): Promise<void> {
    this.#inode('fdatasync')
  }

  async size(): Promise<number> {
    return this.sizeNow()
  }

  sizeNow(): number {
    return this.#inode('fstat').length
  }

  async close(): Promise<void> {
    if (!this.#open) return
    this.#open = false
    const { inode, grow } = this.#options
    if (!inode) return
    inode.opened -= 1
    if (inode.links > 0 || inode.opened > 0) return
    grow(-inode.length)
    inode.bytes.fill(0)
    inode.bytes = new Uint8Array(0)
    inode.length = 0
  }

  #inode(call: string): MemoryInode {
    if (!this.#open) throw this.#failure('EBADF', call)
    if (!this.#options.inode) throw this.#failure('EISDIR', call)
    return this.#options.inode
  }

  #writable(call: string): MemoryInode {
    const inode = this.#inode(call)
    if (!this.#options.writable) throw this.#failure(call === 'truncate' ? 'EINVAL' : 'EBADF', call)
    return inode
  }

  /** Bytes behind the length are zero, whatever was there before. */
  #resize(call: string, inode: MemoryInode, length: number): void {
    const grown = length - inode.length
    if (grown === 0) return
    if (!this.#options.grow(grown)) throw this.#failure('ENOSPC', call)
    if (length > inode.bytes.length) {
      const bytes = new Uint8Array(Math.max(length, 2 * inode.bytes.length))
      bytes.set(inode.bytes.subarray(0, inode.length))
      inode.bytes.fill(0)
      inode.bytes = bytes
    }
    if (grown < 0) inode.bytes.fill(0, length, inode.length)
    inode.length = length
  }

  #failure(errno: string, call: string) {
    return diskError(Object.assign(new Error(errno), { code: errno }), call, this.path)
  }
}
