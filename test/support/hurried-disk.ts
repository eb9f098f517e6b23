// The real files without what takes the time: every call is done when it returns, instead of a hop to another thread and
// back, and nothing is synced. For searches that open thousands of stores of which none has to survive a power cut.

import * as fs from 'node:fs'
import {
  type Disk,
  type DiskFile,
  diskError,
  errnoOf,
  fileStatOf,
  kindOf,
  nodeDisk,
} from '@cenotaph/storage'

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = fs.constants
const FILE_MODE = 0o600

/** `errnos` answer with undefined. */
function tried<T>(call: string, path: string, errnos: readonly string[], run: () => T) {
  try {
    return run()
  } catch (error) {
    if (errnos.includes(errnoOf(error) ?? '')) return undefined
    throw diskError(error, call, path)
  }
}

const sure = <T>(call: string, path: string, run: () => T): T => tried(call, path, [], run) as T

const done = (call: string, path: string, errnos: readonly string[], run: () => void): boolean =>
  tried(call, path, errnos, () => {
    run()
    return true
  }) ?? false

class HurriedFile implements DiskFile {
  readonly path: string
  #descriptor: number

  constructor(path: string, descriptor: number) {
    this.path = path
    this.#descriptor = descriptor
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return sure('read', this.path, () => {
      const bytes = Buffer.allocUnsafe(length)
      let done = 0
      for (let count = 1; count > 0 && done < length; done += count)
        count = fs.readSync(this.#open, bytes, done, length - done, offset + done)
      return bytes.subarray(0, done)
    })
  }

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    this.writeNow(offset, bytes)
  }

  writeNow(offset: number, bytes: Uint8Array): void {
    sure('write', this.path, () => {
      let done = 0
      while (done < bytes.length)
        done += fs.writeSync(this.#open, bytes, done, bytes.length - done, offset + done)
    })
  }

  async truncate(length: number): Promise<void> {
    sure('truncate', this.path, () => fs.ftruncateSync(this.#open, length))
  }

  async sync(): Promise<void> {
    await this.size()
  }

  async size(): Promise<number> {
    return this.sizeNow()
  }

  sizeNow(): number {
    return sure('fstat', this.path, () => fs.fstatSync(this.#open).size)
  }

  async close(): Promise<void> {
    sure('close', this.path, () => fs.closeSync(this.#open))
    this.#descriptor = -1
  }

  /** The number of a closed file may be another file's. */
  get #open(): number {
    if (this.#descriptor >= 0) return this.#descriptor
    throw Object.assign(new Error('the file is closed'), { code: 'EBADF' })
  }
}

function opened(path: string, flags: number, errno: string): DiskFile | undefined {
  const open = () => fs.openSync(path, flags | O_NOFOLLOW, FILE_MODE)
  const descriptor = tried('open', path, [errno], open)
  return descriptor === undefined ? undefined : new HurriedFile(path, descriptor)
}

export const hurriedDisk: Disk = {
  ...nodeDisk,
  openRead: async (path) => opened(path, O_RDONLY, 'ENOENT'),
  openWrite: async (path) => opened(path, O_RDWR, 'ENOENT'),
  async create(path) {
    const file = opened(path, O_RDWR | O_CREAT | O_EXCL, 'EEXIST')
    if (file) sure('chmod', path, () => fs.chmodSync(path, FILE_MODE))
    return file
  },
  async makeFolder(path) {
    const found = tried('mkdir', path, ['ENOENT', 'ENOTDIR'], () => fs.statSync(path))
    return found?.isDirectory() ? [] : nodeDisk.makeFolder(path)
  },
  list: async (path) =>
    tried('readdir', path, ['ENOENT'], () =>
      fs
        .readdirSync(path, { withFileTypes: true })
        .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
        .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))),
    ),
  stat: async (path) =>
    tried('lstat', path, ['ENOENT', 'ENOTDIR'], () => fileStatOf(fs.lstatSync(path))),
  rename: async (from, to) => sure('rename', to, () => fs.renameSync(from, to)),
  unlink: async (path) => done('unlink', path, ['ENOENT'], () => fs.unlinkSync(path)),
  link: async (from, to) => done('link', to, ['EEXIST'], () => fs.linkSync(from, to)),
  setMode: async (path, mode) => sure('chmod', path, () => fs.chmodSync(path, mode)),
  async syncFolder(path) {
    if (!sure('fsync', path, () => fs.statSync(path)).isDirectory())
      throw diskError(Object.assign(new Error(path), { code: 'ENOTDIR' }), 'fsync', path)
  },
}
