// The disk as an open store uses it: the first write or fsync that fails ends the store's mutations. An fsync is
// never tried twice in one process, because the kernel may have dropped what it could not write and would then
// report success. Unlink, rename, link and open may be tried again.

import type { Disk, DiskFile, StoreError } from '@cenotaph/storage'

export function latchingDisk(disk: Disk, latch: (cause: unknown) => StoreError): Disk {
  const guard = async <T>(run: () => Promise<T>): Promise<T> => {
    try {
      return await run()
    } catch (error) {
      throw latch(error)
    }
  }
  const guardNow = <T>(run: () => T): T => {
    try {
      return run()
    } catch (error) {
      throw latch(error)
    }
  }
  /** Where the file has them. */
  const atOnce = (file: DiskFile): Pick<DiskFile, 'writeNow' | 'sizeNow'> =>
    file.writeNow && file.sizeNow
      ? {
          writeNow: (offset, bytes) => guardNow(() => file.writeNow!(offset, bytes)),
          sizeNow: () => file.sizeNow!(),
        }
      : {}
  const guardFile = (file: DiskFile): DiskFile => ({
    path: file.path,
    read: (offset, length) => file.read(offset, length),
    size: () => file.size(),
    ...atOnce(file),
    close: () => file.close(),
    write: (offset, bytes) => guard(() => file.write(offset, bytes)),
    truncate: (length) => guard(() => file.truncate(length)),
    sync: () => guard(() => file.sync()),
  })
  return {
    openRead: (path) => disk.openRead(path),
    makeFolder: (path) => disk.makeFolder(path),
    list: (path) => disk.list(path),
    stat: (path) => disk.stat(path),
    ...(disk.listPieces ? { listPieces: (path: string) => disk.listPieces!(path) } : {}),
    ...(disk.folderStamp ? { folderStamp: (path: string) => disk.folderStamp!(path) } : {}),
    link: (from, to) => disk.link(from, to),
    rename: (from, to) => disk.rename(from, to),
    unlink: (path) => disk.unlink(path),
    removeFolder: (path) => disk.removeFolder(path),
    freeBytes: (path) => disk.freeBytes(path),
    setMode: (path, mode) => disk.setMode(path, mode),
    async openWrite(path) {
      const file = await disk.openWrite(path)
      return file && guardFile(file)
    },
    async create(path) {
      const file = await disk.create(path)
      return file && guardFile(file)
    },
    syncFolder: (path) => guard(() => disk.syncFolder(path)),
  }
}
