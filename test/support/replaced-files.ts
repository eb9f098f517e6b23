// A disk whose open files do some things otherwise, for tests that watch, hold up or break one kind of call.

import type { Disk, DiskFile } from '@cenotaph/storage'

export type OpenCall = 'create' | 'openRead' | 'openWrite'

/**
 * The same disk, an object of functions. `change` is asked for each file that is opened, and says what that file does
 * otherwise; undefined leaves it as it is.
 */
export function withFiles(
  disk: Disk,
  change: (file: DiskFile, call: OpenCall) => Partial<DiskFile> | undefined,
): Disk {
  const opened = async (call: OpenCall, path: string): Promise<DiskFile | undefined> => {
    const file = await disk[call](path)
    const changes = file && change(file, call)
    return changes ? { ...plain(file), ...changes } : file
  }
  return {
    ...disk,
    create: (path) => opened('create', path),
    openRead: (path) => opened('openRead', path),
    openWrite: (path) => opened('openWrite', path),
  }
}

/** Methods as members. What a file can do at once is left out, so that no write passes by one that was replaced. */
const plain = (file: DiskFile): DiskFile => ({
  path: file.path,
  read: (offset, length) => file.read(offset, length),
  write: (offset, bytes) => file.write(offset, bytes),
  truncate: (length) => file.truncate(length),
  sync: () => file.sync(),
  size: () => file.size(),
  close: () => file.close(),
})
