// A disk whose calls fail as a plan says: the n-th of some kind, once or for good, before or after its effect. It stands
// before any Disk, the real one or a simulated one. A write that fails has written the first part of its bytes, as a
// full or a dying disk does.

import type { Disk } from '@cenotaph/storage'
import { simError } from '../disk/errors.js'
import { aroundDisk } from './around-disk.js'

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

/** What a disk that is worn, full, somebody else's, in use, short of descriptors or read-only says. */
export const errnos = [
  'EIO',
  'ENOSPC',
  'EDQUOT',
  'EPERM',
  'EACCES',
  'EBUSY',
  'EMFILE',
  'ENFILE',
  'EROFS',
] as const

export type Errno = (typeof errnos)[number]

/** Calls that take a descriptor: those that EMFILE and ENFILE are about. */
export const opens: readonly DiskCall[] = ['create', 'openRead', 'openWrite']

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
  const apply = async <T>(fault: Fault | undefined, run: () => Promise<T>): Promise<T> => {
    if (fault?.when === 'before') throw fault.error
    const result = await run()
    if (fault) throw fault.error
    return result
  }
  return aroundDisk({
    disk,
    async around(call, path, run) {
      await beforeCall?.(call, path)
      return apply(judge(call, path), run)
    },
    async write(path, bytes, write) {
      await beforeCall?.('write', path)
      const fault = judge('write', path)
      if (fault?.when !== 'before') return apply(fault, () => write(bytes))
      await write(bytes.subarray(0, Math.floor(bytes.length * (fault.written ?? 0.5))))
      throw fault.error
    },
  })
}
