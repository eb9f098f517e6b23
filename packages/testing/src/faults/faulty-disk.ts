// A disk whose calls fail as a plan says: the n-th of some kind, once or for good, before or after its effect. It stands
// before any Disk, the real one or a simulated one. A write that fails has written the first part of its bytes, as a
// full or a dying disk does.

import type { Disk, DiskFile } from '@cenotaph/storage'
import { simError } from '../disk/errors.js'

export type DiskCall =
  | 'create'
  | 'link'
  | 'list'
  | 'makeFolder'
  | 'openRead'
  | 'openWrite'
  | 'read'
  | 'removeFolder'
  | 'rename'
  | 'setMode'
  | 'stat'
  | 'sync'
  | 'syncFolder'
  | 'truncate'
  | 'unlink'
  | 'write'

/** Calls that change what is on the disk, or make it durable. */
export const effects: readonly DiskCall[] = [
  'create',
  'link',
  'makeFolder',
  'openWrite',
  'removeFolder',
  'rename',
  'setMode',
  'sync',
  'syncFolder',
  'truncate',
  'unlink',
  'write',
]

/** Calls that only look. */
export const looks: readonly DiskCall[] = ['list', 'openRead', 'read', 'stat']

export type Errno = 'EIO' | 'ENOSPC' | 'EPERM' | 'EACCES' | 'EBUSY' | 'EMFILE' | 'EROFS'

/** As the real disk tells it. */
export const faultOf = (errno: Errno, call: string, path: string): Error =>
  simError(errno, call, path)

export interface Fault {
  readonly error: Error
  /** `after`: the effect has happened, and its answer was lost. */
  readonly when: 'before' | 'after'
  /** Of a write that fails before it is done, the part of its bytes that was written. Default 0.5. */
  readonly written?: number
}

/** Asked once a call; what it returns is thrown before or after the call's effect. */
export type Judge = (call: DiskCall, path: string) => Fault | undefined

export interface FaultyDiskOptions {
  readonly disk: Disk
  readonly judge: Judge
  /** Waited for before every call: a slow disk, or a place for a test to stop at. */
  readonly beforeCall?: (call: DiskCall, path: string) => Promise<void>
}

export function faultyDisk({ disk, judge, beforeCall }: FaultyDiskOptions): Disk {
  const guarded = async <T>(call: DiskCall, path: string, run: () => Promise<T>): Promise<T> => {
    await beforeCall?.(call, path)
    const fault = judge(call, path)
    if (fault?.when === 'before') throw fault.error
    const result = await run()
    if (fault) throw fault.error
    return result
  }
  const opened = async (
    call: 'create' | 'openRead' | 'openWrite',
    path: string,
  ): Promise<DiskFile | undefined> => {
    await beforeCall?.(call, path)
    const fault = judge(call, path)
    if (fault?.when === 'before') throw fault.error
    const file = await disk[call](path)
    if (!fault) return file && guardedFile(file)
    await file?.close()
    throw fault.error
  }
  const guardedFile = (file: DiskFile): DiskFile => ({
    path: file.path,
    size: () => file.size(),
    close: () => file.close(),
    read: (offset, length) => guarded('read', file.path, () => file.read(offset, length)),
    truncate: (length) => guarded('truncate', file.path, () => file.truncate(length)),
    sync: () => guarded('sync', file.path, () => file.sync()),
    async write(offset, bytes) {
      await beforeCall?.('write', file.path)
      const fault = judge('write', file.path)
      const part = fault?.when === 'before' ? (fault.written ?? 0.5) : 1
      await file.write(offset, bytes.subarray(0, Math.floor(bytes.length * part)))
      if (fault) throw fault.error
    },
  })
  return {
    openRead: (path) => opened('openRead', path),
    openWrite: (path) => opened('openWrite', path),
    create: (path) => opened('create', path),
    makeFolder: (path) => guarded('makeFolder', path, () => disk.makeFolder(path)),
    list: (path) => guarded('list', path, () => disk.list(path)),
    stat: (path) => guarded('stat', path, () => disk.stat(path)),
    link: (from, to) => guarded('link', to, () => disk.link(from, to)),
    rename: (from, to) => guarded('rename', to, () => disk.rename(from, to)),
    unlink: (path) => guarded('unlink', path, () => disk.unlink(path)),
    removeFolder: (path) => guarded('removeFolder', path, () => disk.removeFolder(path)),
    syncFolder: (path) => guarded('syncFolder', path, () => disk.syncFolder(path)),
    freeBytes: (path) => disk.freeBytes(path),
    setMode: (path, mode) => guarded('setMode', path, () => disk.setMode(path, mode)),
  }
}
