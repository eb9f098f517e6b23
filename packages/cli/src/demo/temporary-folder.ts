import os from 'node:os'
import path from 'node:path'
import type { Disk, Entropy } from '@cenotaph/storage'

/** A new folder that nobody else uses, 0700. */
export async function makeTemporaryFolder(disk: Disk, entropy: Entropy): Promise<string> {
  const name = `cenotaph-demo-${Buffer.from(entropy.bytes(6)).toString('hex')}`
  const folder = path.join(os.tmpdir(), name)
  await disk.makeFolder(folder)
  return folder
}

/** Removes a folder with all that is in it. */
export async function removeTree(disk: Disk, folder: string): Promise<void> {
  for (const { name, kind } of (await disk.list(folder)) ?? []) {
    const full = path.join(folder, name)
    if (kind === 'folder') await removeTree(disk, full)
    else await disk.unlink(full)
  }
  await disk.removeFolder(folder)
}
