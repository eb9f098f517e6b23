// The real disk with one call that fails: the n-th of those that a test concerns itself with. A call fails before
// its effect, or after it, as when a network file system loses the answer. A write that fails has written the
// first half of its bytes.

import { type Disk, type DiskFile, nodeDisk, StoreError } from '@cenotaph/storage'

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

export const looks: readonly DiskCall[] = ['list', 'openRead', 'read', 'stat']

export type Errno = 'EIO' | 'ENOSPC' | 'EPERM' | 'EACCES' | 'EBUSY' | 'EROFS'

/** As the real disk reports it. */
export function faultOf(errno: Errno, call: string, path: string): StoreError {
  const full = errno === 'ENOSPC'
  return new StoreError(full ? 'DISK_FULL' : 'DISK_ERROR', `${call} ${path}: ${errno} (injected)`, {
    cause: Object.assign(new Error(errno), { code: errno }),
    detail: { call, path, errno },
    retryable: full || errno === 'EBUSY',
  })
}

export interface Fault {
  readonly error: Error
  readonly when: 'before' | 'after'
}

/** Asked once a call; what it returns is thrown before or after the call's effect. */
export type Judge = (call: DiskCall, path: string) => Fault | undefined

export function faultyDisk(judge: Judge): Disk {
  const guarded = async <T>(call: DiskCall, path: string, run: () => Promise<T>): Promise<T> => {
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
    const fault = judge(call, path)
    if (fault?.when === 'before') throw fault.error
    const file = await nodeDisk[call](path)
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
      const fault = judge('write', file.path)
      const whole = fault === undefined || fault.when === 'after'
      await file.write(offset, whole ? bytes : bytes.subarray(0, Math.floor(bytes.length / 2)))
      if (fault) throw fault.error
    },
  })
  return {
    openRead: (path) => opened('openRead', path),
    openWrite: (path) => opened('openWrite', path),
    create: (path) => opened('create', path),
    makeFolder: (path) => guarded('makeFolder', path, () => nodeDisk.makeFolder(path)),
    list: (path) => guarded('list', path, () => nodeDisk.list(path)),
    stat: (path) => guarded('stat', path, () => nodeDisk.stat(path)),
    link: (from, to) => guarded('link', to, () => nodeDisk.link(from, to)),
    rename: (from, to) => guarded('rename', to, () => nodeDisk.rename(from, to)),
    unlink: (path) => guarded('unlink', path, () => nodeDisk.unlink(path)),
    removeFolder: (path) => guarded('removeFolder', path, () => nodeDisk.removeFolder(path)),
    syncFolder: (path) => guarded('syncFolder', path, () => nodeDisk.syncFolder(path)),
    freeBytes: (path) => nodeDisk.freeBytes(path),
    setMode: (path, mode) => guarded('setMode', path, () => nodeDisk.setMode(path, mode)),
  }
}

export interface SingleFault {
  readonly disk: Disk
  /** The call that failed, once it has. */
  readonly hit: () => { readonly call: DiskCall; readonly path: string } | undefined
  readonly calls: () => number
}

/** Fails the call number `index` (from 0) among `calls`, and no other. */
export function failNth(
  index: number,
  options: {
    readonly calls: readonly DiskCall[]
    readonly errno: Errno
    readonly when: 'before' | 'after'
  },
): SingleFault {
  let seen = 0
  let hit: { call: DiskCall; path: string } | undefined
  const disk = faultyDisk((call, path) => {
    if (!options.calls.includes(call)) return undefined
    const mine = seen === index
    seen += 1
    if (!mine) return undefined
    hit = { call, path }
    return { error: faultOf(options.errno, call, path), when: options.when }
  })
  return { disk, hit: () => hit, calls: () => seen }
}

/** Fails every call that `concerns` picks, until `heal`. */
export function failWhile(
  concerns: (call: DiskCall, path: string) => boolean,
  errno: Errno = 'EIO',
): { readonly disk: Disk; heal(): void; fail(): void; readonly count: () => number } {
  let broken = true
  let count = 0
  return {
    disk: faultyDisk((call, path) => {
      if (!broken || !concerns(call, path)) return undefined
      count += 1
      return { error: faultOf(errno, call, path), when: 'before' }
    }),
    heal: () => {
      broken = false
    },
    fail: () => {
      broken = true
    },
    count: () => count,
  }
}

/** Fails the call number `index` (from 0) among `calls` and all behind it, before their effect, until `heal`. */
export function failFrom(
  index: number,
  options: { readonly calls: readonly DiskCall[]; readonly errno: Errno },
): SingleFault & { heal(): void } {
  let seen = 0
  let healed = false
  let hit: { call: DiskCall; path: string } | undefined
  const disk = faultyDisk((call, path) => {
    if (healed || !options.calls.includes(call)) return undefined
    seen += 1
    if (seen <= index) return undefined
    hit ??= { call, path }
    return { error: faultOf(options.errno, call, path), when: 'before' }
  })
  return {
    disk,
    hit: () => hit,
    calls: () => seen,
    heal: () => {
      healed = true
    },
  }
}
