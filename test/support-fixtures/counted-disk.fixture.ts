// A disk that knows which of its files are open, so that a test can tell a file that nobody closed.

import type { Disk, DiskFile } from '@cenotaph/storage'
import { withFiles } from '../support/replaced-files.js'

export function countedDisk(disk: Disk): {
  readonly disk: Disk
  readonly openPaths: () => readonly string[]
} {
  const open = new Set<DiskFile>()
  return {
    disk: withFiles(disk, (file) => {
      open.add(file)
      return {
        close() {
          open.delete(file)
          return file.close()
        },
      }
    }),
    openPaths: () => [...open].map((file) => file.path),
  }
}
