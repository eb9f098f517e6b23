// A disk that knows which of its files are open, so that a test can tell a file that nobody closed.

import type { Disk, DiskFile } from '@cenotaph/storage'

export function countedDisk(disk: Disk): {
  readonly disk: Disk
  readonly openPaths: () => readonly string[]
} {
  const open = new Map<DiskFile, string>()
  const counted = async (opening: Promise<DiskFile | undefined>): Promise<DiskFile | undefined> => {
    const file = await opening
    if (!file) return undefined
    const self: DiskFile = {
      path: file.path,
      size: () => file.size(),
      read: (offset, length) => file.read(offset, length),
      write: (offset, bytes) => file.write(offset, bytes),
      truncate: (length) => file.truncate(length),
      sync: () => file.sync(),
      close() {
        open.delete(self)
        return file.close()
      },
    }
    open.set(self, file.path)
    return self
  }
  return {
    disk: {
      ...disk,
      openRead: (path) => counted(disk.openRead(path)),
      openWrite: (path) => counted(disk.openWrite(path)),
      create: (path) => counted(disk.create(path)),
    },
    openPaths: () => [...open.values()],
  }
}
