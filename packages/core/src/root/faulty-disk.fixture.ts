// A disk whose effects can be made to fail, for tests of what a failure leaves behind.

import { type Disk, type DiskFile, nodeDisk, StoreError } from '@cenotaph/storage'

/** Asked before each call; an error that it returns is thrown instead of the call's effect. */
export type Fault = (call: string, path: string) => Error | undefined

export const diskFull = (): StoreError =>
  new StoreError('DISK_FULL', 'full', { detail: { errno: 'ENOSPC' } })
export const diskError = (errno: string): StoreError =>
  new StoreError('DISK_ERROR', errno, { detail: { errno } })

/** Fails the call number `index` (from 0) among those that `concerns` picks, and no other. */
export function failNth(
  index: number,
  error: () => Error,
  concerns: (call: string, path: string) => boolean = () => true,
): { readonly fault: Fault; readonly reached: () => boolean } {
  let seen = -1
  return {
    fault: (call, path) => {
      if (!concerns(call, path)) return undefined
      seen += 1
      return seen === index ? error() : undefined
    },
    reached: () => seen >= index,
  }
}

/** The real disk, with `fault` before every effect. A write that fails has written the first half. */
export function faultyDisk(fault: Fault): Disk {
  const before = (call: string, path: string): void => {
    const error = fault(call, path)
    if (error) throw error
  }
  const wrap = (file: DiskFile | undefined): DiskFile | undefined =>
    file && {
      path: file.path,
      read: (offset, length) => file.read(offset, length),
      size: () => file.size(),
      close: () => file.close(),
      async write(offset, bytes) {
        const error = fault('write', file.path)
        await file.write(offset, error ? bytes.subarray(0, bytes.length / 2) : bytes)
        if (error) throw error
      },
      async truncate(length) {
        before('truncate', file.path)
        await file.truncate(length)
      },
      async sync() {
        before('sync', file.path)
        await file.sync()
      },
    }
  return {
    ...nodeDisk,
    openRead: async (path) => wrap(await nodeDisk.openRead(path)),
    openWrite: async (path) => wrap(await nodeDisk.openWrite(path)),
    async create(path) {
      before('create', path)
      return wrap(await nodeDisk.create(path))
    },
    async makeFolder(path) {
      before('makeFolder', path)
      return nodeDisk.makeFolder(path)
    },
    async rename(from, to) {
      before('rename', to)
      await nodeDisk.rename(from, to)
    },
    async unlink(path) {
      before('unlink', path)
      return nodeDisk.unlink(path)
    },
    async syncFolder(path) {
      before('syncFolder', path)
      await nodeDisk.syncFolder(path)
    },
    async setMode(path, mode) {
      before('setMode', path)
      await nodeDisk.setMode(path, mode)
    },
  }
}
