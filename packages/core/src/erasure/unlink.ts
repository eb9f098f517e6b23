// Takes every name of the dead threads off the disk, and makes that durable: rollouts in both forms and both
// places, duplicates in other day folders, temporaries, staged files, quarantined pieces.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { namesOf, type OwnedFile } from './names-on-disk.js'
import { removePiecesOf } from './quarantine.js'

/** Returns how many of the names had other hard links, which the engine cannot reach. */
export async function unlinkNames(
  context: StoreContext,
  isDead: (id: ThreadId) => boolean,
): Promise<number> {
  const files = await namesOf(context, isDead)
  for (const id of new Set(files.map((file) => file.owner))) {
    if (id !== undefined) await context.writers.close(id)
  }
  const linksLeft = new Map<string, number>()
  for (const file of files) {
    const stat = await context.disk.stat(file.path)
    if (!stat) continue
    await context.disk.unlink(file.path)
    linksLeft.set(stat.identity, stat.links - 1)
  }
  await syncFoldersOf(context, files)
  await removePiecesOf(context, (id) => isDead(id as ThreadId))
  return [...linksLeft.values()].filter((links) => links > 0).length
}

async function syncFoldersOf(context: StoreContext, files: readonly OwnedFile[]): Promise<void> {
  const folders = new Set(files.map((file) => path.dirname(file.path)))
  for (const folder of folders) await context.disk.syncFolder(folder)
}

/** Names of the dead that are still there. */
export async function namesLeft(
  context: StoreContext,
  isDead: (id: ThreadId) => boolean,
): Promise<number> {
  const files = await namesOf(context, isDead)
  return files.filter((file) => file.owner !== undefined).length
}
