// An open file of a simulated disk. It stays readable and writable without a name, as on a real one.

import type { DiskFile } from '@cenotaph/storage'
import { simError } from './errors.js'
import { contentOf, type FileInode } from './inode.js'

export interface SimFileOptions {
  readonly path: string
  /** Undefined for a folder, which can be opened and not read. */
  readonly inode: FileInode | undefined
  readonly writable: boolean
  readonly nowMs: () => number
  /** Called when the content changes. */
  readonly changes: () => void
  /** Called when something becomes durable that was not. */
  readonly syncs: () => void
  readonly hasRoom: (bytes: number) => boolean
}

export class SimFile implements DiskFile {
  readonly path: string
  readonly #options: SimFileOptions
  #open = true

  constructor(options: SimFileOptions) {
    this.path = options.path
    this.#options = options
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return contentOf(this.#inode('read')).slice(offset, offset + length)
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    const before = contentOf(this.#inode('write'))
    const content = new Uint8Array(Math.max(before.length, offset + bytes.length))
    content.set(before)
    content.set(bytes, offset)
    this.#change('write', content, bytes.length > 0)
  }

  async truncate(length: number): Promise<void> {
    const content = new Uint8Array(length)
    content.set(contentOf(this.#inode('truncate')).subarray(0, length))
    this.#change('truncate', content, true)
  }

  async sync(): Promise<void> {
    const inode = this.#inode('fdatasync')
    if (inode.versions.length === 1) return
    this.#options.syncs()
    inode.versions = [contentOf(inode)]
  }

  async size(): Promise<number> {
    return contentOf(this.#inode('fstat')).length
  }

  async close(): Promise<void> {
    this.#inode('close', false)
    this.#open = false
  }

  #inode(call: string, isFile = true): FileInode {
    if (!this.#open) throw simError('EBADF', call, this.path)
    if (!this.#options.inode && isFile) throw simError('EISDIR', call, this.path)
    return this.#options.inode!
  }

  #change(call: string, content: Uint8Array, isChange: boolean): void {
    const inode = this.#inode(call)
    const { writable, hasRoom, nowMs, changes } = this.#options
    if (!writable) throw simError('EBADF', call, this.path)
    const grown = content.length - contentOf(inode).length
    if (grown > 0 && !hasRoom(grown)) throw simError('ENOSPC', call, this.path)
    if (!isChange) return
    changes()
    inode.versions.push(content)
    inode.modifiedMs = nowMs()
  }
}
