// Small files that are read and replaced whole: anchor, owner, receipts, keys.

import path from 'node:path'
import type { Disk } from './disk.js'

/** All bytes of a file, or undefined where there is none. */
export async function readWhole(disk: Disk, name: string): Promise<Uint8Array | undefined> {
  const file = await disk.openRead(name)
  if (!file) return undefined
  try {
    return await file.read(0, await file.size())
  } finally {
    await file.close()
  }
}

/**
 * Puts `bytes` in place of `name`, all or nothing: written beside, synced, renamed, folder synced.
 * Durable when it resolves. A temporary left by a crash (`<name>.tmp`) is replaced by the next call.
 */
export async function replaceWhole(disk: Disk, name: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${name}.tmp`
  await disk.unlink(temporary)
  await writeNew(disk, temporary, bytes)
  await disk.rename(temporary, name)
  await disk.syncFolder(path.dirname(name))
}

/** Writes a new file and syncs its bytes, not its name; false where the name is taken. */
export async function writeNew(disk: Disk, name: string, bytes: Uint8Array): Promise<boolean> {
  const file = await disk.create(name)
  if (!file) return false
  try {
    await file.write(0, bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  return true
}
