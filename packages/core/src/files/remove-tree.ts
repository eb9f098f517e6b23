import path from 'node:path'
import type { Disk } from '@cenotaph/storage'

/**
 * Removes everything inside of a folder, the folder itself stays. Durable when it resolves. Links are removed and not
 * followed.
 */
export async function removeTree(disk: Disk, folder: string): Promise<void> {
  const entries = await disk.list(folder)
  if (!entries) return
  for (const { name, kind } of entries) {
    const full = path.join(folder, name)
    if (kind === 'folder') {
      await removeTree(disk, full)
      await disk.removeFolder(full)
    } else await disk.unlink(full)
  }
  await disk.syncFolder(folder)
}
