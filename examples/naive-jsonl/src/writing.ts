// How the store writes: the way that comes to mind first, and the way that survives a power cut. They differ in nothing but
// in who is waited for.

import path from 'node:path'
import type { Disk, DiskFile } from '@cenotaph/storage'

export interface Writing {
  makeFolder(disk: Disk, folder: string): Promise<void>
  /** Behind what is in the file, which is made where there is none. */
  append(disk: Disk, file: string, bytes: Uint8Array): Promise<void>
  /** All of a file at once. */
  replace(disk: Disk, file: string, bytes: Uint8Array): Promise<void>
  cut(disk: Disk, file: string, length: number): Promise<void>
  remove(disk: Disk, file: string): Promise<void>
}

/** Writes go to the file system's memory, and names with them. It looks right for as long as there is power. */
export const naive: Writing = {
  async makeFolder(disk, folder) {
    await disk.makeFolder(folder)
  },

  append: (disk, file, bytes) =>
    withFile(disk, file, async (opened) => opened.write(await opened.size(), bytes)),

  async replace(disk, file, bytes) {
    const beside = `${file}.tmp`
    await disk.unlink(beside)
    await withFile(disk, beside, (opened) => opened.write(0, bytes))
    await disk.rename(beside, file)
  },

  cut: (disk, file, length) => withFile(disk, file, (opened) => opened.truncate(length)),

  async remove(disk, file) {
    await disk.unlink(file)
  },
}

/** Waits for the bytes, and then for the names, before anybody is told that it is done. */
export const careful: Writing = {
  async makeFolder(disk, folder) {
    for (const made of await disk.makeFolder(folder)) await disk.syncFolder(path.dirname(made))
  },

  async append(disk, file, bytes) {
    const isNew = (await disk.stat(file)) === undefined
    await withFile(disk, file, async (opened) => {
      await opened.write(await opened.size(), bytes)
      await opened.sync()
    })
    if (isNew) await disk.syncFolder(path.dirname(file))
  },

  async replace(disk, file, bytes) {
    const beside = `${file}.tmp`
    await disk.unlink(beside)
    await withFile(disk, beside, async (opened) => {
      await opened.write(0, bytes)
      await opened.sync()
    })
    await disk.rename(beside, file)
    await disk.syncFolder(path.dirname(file))
  },

  cut: (disk, file, length) =>
    withFile(disk, file, async (opened) => {
      await opened.truncate(length)
      await opened.sync()
    }),

  async remove(disk, file) {
    await disk.unlink(file)
    await disk.syncFolder(path.dirname(file))
  },
}

async function withFile(
  disk: Disk,
  file: string,
  run: (opened: DiskFile) => Promise<void>,
): Promise<void> {
  const opened = (await disk.openWrite(file)) ?? (await disk.create(file))
  if (!opened) throw new Error(`${file} came and went`)
  try {
    await run(opened)
  } finally {
    await opened.close()
  }
}
