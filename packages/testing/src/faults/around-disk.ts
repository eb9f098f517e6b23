// A disk whose every call passes through one function, which may wait, look, or fail it before or after its effect.

import type { Disk, DiskFile } from '@cenotaph/storage'
import type { DiskCall } from './faulty-disk.js'

export type AroundCall = <T>(call: DiskCall, path: string, run: () => Promise<T>) => Promise<T>

export interface AroundDiskOptions {
  readonly disk: Disk
  readonly around: AroundCall
  /** For writes, where more must be known than that there is one: `write` takes what shall be written. */
  readonly write?: (
    path: string,
    bytes: Uint8Array,
    write: (bytes: Uint8Array) => Promise<void>,
  ) => Promise<void>
}

export function aroundDisk({ disk, around, write }: AroundDiskOptions): Disk {
  const guardedFile = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    close: () => file.close(),
    read: (offset, length) => around('read', file.path, () => file.read(offset, length)),
    truncate: (length) => around('truncate', file.path, () => file.truncate(length)),
    sync: () => around('sync', file.path, () => file.sync()),
    write: (offset, bytes) =>
      write
        ? write(file.path, bytes, (kept) => file.write(offset, kept))
        : around('write', file.path, () => file.write(offset, bytes)),
  })
  const opened = async (
    call: 'create' | 'openRead' | 'openWrite',
    path: string,
  ): Promise<DiskFile | undefined> => {
    let file: DiskFile | undefined
    try {
      await around(call, path, async () => {
        file = await disk[call](path)
      })
    } catch (error) {
      // The answer was lost, and with it the only one who could close the file.
      await file?.close()
      throw error
    }
    return file && guardedFile(file)
  }
  return {
    openRead: (path) => opened('openRead', path),
    openWrite: (path) => opened('openWrite', path),
    create: (path) => opened('create', path),
    makeFolder: (path) => around('makeFolder', path, () => disk.makeFolder(path)),
    list: (path) => around('list', path, () => disk.list(path)),
    stat: (path) => around('stat', path, () => disk.stat(path)),
    link: (from, to) => around('link', to, () => disk.link(from, to)),
    rename: (from, to) => around('rename', to, () => disk.rename(from, to)),
    unlink: (path) => around('unlink', path, () => disk.unlink(path)),
    removeFolder: (path) => around('removeFolder', path, () => disk.removeFolder(path)),
    syncFolder: (path) => around('syncFolder', path, () => disk.syncFolder(path)),
    freeBytes: (path) => disk.freeBytes(path),
    setMode: (path, mode) => around('setMode', path, () => disk.setMode(path, mode)),
  }
}
