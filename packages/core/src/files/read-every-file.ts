// Reads a set of files of which some come and go: LevelDB makes tables of others while it compacts. What it makes of
// files that were read holds nothing that was not read, and neither does what is written since. So the list is made
// again only where a file was gone before it was read whole, and then tables that have grown since are read again: they
// were being written. Without that rule a store that is written all the time would have a new file at every look.

import path from 'node:path'
import type { Disk } from '@cenotaph/storage'

const TABLE = /^\d+\.(ldb|sst)$/
/** LevelDB's own files, which it replaces by others with the same content. */
const REPLACED = /^(\d+\.(ldb|sst|log)|MANIFEST-\d+)$/

/** `read` gives the bytes that it read, or undefined where the file was gone before its end. */
export async function readEveryFile(
  disk: Disk,
  list: () => Promise<readonly string[]>,
  read: (file: string) => Promise<number | undefined>,
): Promise<void> {
  const readBytes = new Map<string, number>()
  for (let isComplete = false; !isComplete; ) {
    isComplete = true
    for (const file of await list()) {
      const before = readBytes.get(file)
      if (before !== undefined && !(await hasGrown(disk, file, before))) continue
      const bytes = await read(file)
      if (bytes !== undefined) readBytes.set(file, bytes)
      else if (REPLACED.test(path.basename(file))) isComplete = false
    }
  }
}

async function hasGrown(disk: Disk, file: string, bytes: number): Promise<boolean> {
  return TABLE.test(path.basename(file)) && ((await disk.stat(file))?.bytes ?? 0) > bytes
}
