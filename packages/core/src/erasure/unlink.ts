// Takes every name of the dead threads off the disk, and makes that durable: rollouts in both forms and both
// places, duplicates in other day folders, temporaries, staged files, quarantined pieces.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { namesOf, rolloutFolders } from './names-on-disk.js'
import { removePiecesOf } from './quarantine.js'

/**
 * With `resumed` every folder of rollouts is synced: an earlier run may have unlinked a name, and died before it made
 * that durable.
 */
export async function unlinkNames(
  context: StoreContext,
  isDead: (id: ThreadId) => boolean,
  { resumed }: { readonly resumed: boolean },
): Promise<void> {
  const files = await namesOf(context, isDead)
  for (const id of new Set(files.map((file) => file.owner))) {
    if (id !== undefined) await context.writers.close(id)
  }
  for (const file of files) await context.disk.unlink(file.path)
  const folders = new Set(files.map((file) => path.dirname(file.path)))
  if (resumed) for (const folder of await rolloutFolders(context)) folders.add(folder)
  for (const folder of folders) await context.disk.syncFolder(folder)
  await removePiecesOf(context, (id) => isDead(id as ThreadId))
}

/** Names of the dead that are still there. */
export async function namesLeft(
  context: StoreContext,
  isDead: (id: ThreadId) => boolean,
): Promise<number> {
  const files = await namesOf(context, isDead)
  return files.filter((file) => file.owner !== undefined).length
}
