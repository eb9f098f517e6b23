// The Disk port on node:fs. Durability is what the operating system gives: fdatasync for a file, fsync
// for a folder. See disk.ts for the contract.

import { constants, fstatSync, type Stats, writeSync } from 'node:fs'
import * as fs from 'node:fs/promises'
import path from 'node:path'
import type { Disk, DiskFile, FileStat } from './disk.js'
import { kindOf, listFolder, piecesOf } from './list-folder.js'
import { diskError, errnoOf } from './node-errors.js'

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700

/** Runs one call of the operating system and gives its failure the project's form. */
async function attempt<T>(call: string, name: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw diskError(error, call, name)
  }
}

/** As `attempt`, for a call that is done when it returns. */
function attemptNow<T>(call: string, name: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw diskError(error, call, name)
  }
}

/** As `attempt`, but the named errno answers with `otherwise` instead of throwing. */
async function unless<T, U>(
  errnos: readonly string[],
  otherwise: U,
  call: string,
  name: string,
  run: () => Promise<T>,
): Promise<T | U> {
  try {
    return await run()
  } catch (error) {
    if (errnos.includes(errnoOf(error) ?? '')) return otherwise
    throw diskError(error, call, name)
  }
}

class NodeFile implements DiskFile {
  readonly path: string
  readonly #handle: fs.FileHandle

  constructor(name: string, handle: fs.FileHandle) {
    this.path = name
    this.#handle = handle
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return attempt('read', this.path, async () => {
      const bytes = Buffer.allocUnsafe(length)
      let done = 0
      while (done < length) {
        const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return bytes.subarray(0, done)
    })
  }

  write(offset: number, bytes: Uint8Array): Promise<void> {
    return attempt('write', this.path, async () => {
      let done = 0
      while (done < bytes.length) {
        const { bytesWritten } = await this.#handle.write(
          bytes,
          done,
          bytes.length - done,
          offset + done,
        )
        done += bytesWritten
      }
    })
  }

  writeNow(offset: number, bytes: Uint8Array): void {
    attemptNow('write', this.path, () => {
      let done = 0
      while (done < bytes.length)
        done += writeSync(this.#fd, bytes, done, bytes.length - done, offset + done)
    })
  }

  sizeNow(): number {
    // Stats of bigints are made in half the time: they have no dates.
    return attemptNow('fstat', this.path, () => Number(fstatSync(this.#fd, { bigint: true }).size))
  }

  /** A closed handle has a number that no call takes. */
  get #fd(): number {
    const { fd } = this.#handle
    if (fd >= 0) return fd
    throw Object.assign(new Error('the file is closed'), { code: 'EBADF' })
  }

  truncate(length: number): Promise<void> {
    return attempt('truncate', this.path, () => this.#handle.truncate(length))
  }

  sync(): Promise<void> {
    return attempt('fdatasync', this.path, () => this.#handle.datasync())
  }

  size(): Promise<number> {
    return attempt('fstat', this.path, async () => (await this.#handle.stat()).size)
  }

  close(): Promise<void> {
    return attempt('close', this.path, () => this.#handle.close())
  }
}

async function open(name: string, flags: number, otherwise: string): Promise<DiskFile | undefined> {
  const handle = await unless([otherwise], undefined, 'open', name, () =>
    fs.open(name, flags | constants.O_NOFOLLOW, FILE_MODE),
  )
  return handle === undefined ? undefined : new NodeFile(name, handle)
}

/** Some file systems count time in steps of two seconds. */
const STAMP_SETTLED_MS = 4_000

async function makeFolder(name: string): Promise<readonly string[]> {
  const made: string[] = []
  const make = async (folder: string): Promise<void> => {
    const present = await unless(['EEXIST'], true, 'mkdir', folder, async () => {
      try {
        await fs.mkdir(folder, FOLDER_MODE)
        return false
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT' || path.dirname(folder) === folder) throw error
        await make(path.dirname(folder))
        await fs.mkdir(folder, FOLDER_MODE)
        return false
      }
    })
    if (!present) {
      await attempt('chmod', folder, () => fs.chmod(folder, FOLDER_MODE))
      made.push(folder)
    }
  }
  await make(name)
  return made
}

/** What Node says of a name, as a disk says it. */
export const fileStatOf = (stat: Stats): FileStat => ({
  kind: kindOf(stat),
  bytes: stat.size,
  modifiedMs: stat.mtimeMs,
  links: stat.nlink,
  mode: stat.mode & 0o7777,
  identity: `${stat.dev}:${stat.ino}`,
})

export const nodeDisk: Disk = {
  openRead: (name) => open(name, constants.O_RDONLY, 'ENOENT'),

  openWrite: (name) => open(name, constants.O_RDWR, 'ENOENT'),

  async create(name) {
    const file = await open(name, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 'EEXIST')
    try {
      if (file) await attempt('chmod', name, () => fs.chmod(name, FILE_MODE))
      return file
    } catch (error) {
      await file?.close()
      throw error
    }
  },

  makeFolder,

  list: (name) => unless(['ENOENT'], undefined, 'readdir', name, () => listFolder(name)),

  stat: (name) =>
    unless(['ENOENT', 'ENOTDIR'], undefined, 'lstat', name, async () =>
      fileStatOf(await fs.lstat(name)),
    ),

  async *listPieces(name) {
    const pieces = piecesOf(name)
    const next = () => unless(['ENOENT'], undefined, 'readdir', name, () => pieces.next())
    try {
      for (let step = await next(); step && !step.done; step = await next()) yield step.value
    } finally {
      await pieces.return(undefined)
    }
  },

  // The time of the last change of the inode: unlike that of the contents, nobody can set it.
  folderStamp: (name) =>
    unless(['ENOENT', 'ENOTDIR'], undefined, 'lstat', name, async () => {
      const stat = await fs.lstat(name, { bigint: true })
      const isSettled = Math.abs(Date.now() - Number(stat.ctimeMs)) > STAMP_SETTLED_MS
      return stat.isDirectory() && isSettled ? `${stat.dev}:${stat.ino}:${stat.ctimeNs}` : undefined
    }),

  link: (from, to) =>
    unless(['EEXIST'], false, 'link', to, async () => {
      await fs.link(from, to)
      return true
    }),

  rename: (from, to) => attempt('rename', to, () => fs.rename(from, to)),

  unlink: (name) =>
    unless(['ENOENT'], false, 'unlink', name, async () => {
      await fs.unlink(name)
      return true
    }),

  removeFolder: (name) =>
    unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], false, 'rmdir', name, async () => {
      await fs.rmdir(name)
      return true
    }),

  syncFolder: (name) =>
    attempt('fsync', name, async () => {
      const handle = await fs.open(name, constants.O_RDONLY | constants.O_DIRECTORY)
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    }),

  freeBytes: (name) =>
    attempt('statfs', name, async () => {
      const stat = await fs.statfs(name)
      return stat.bavail * stat.bsize
    }),

  setMode: (name, mode) => attempt('chmod', name, () => fs.chmod(name, mode)),
}
