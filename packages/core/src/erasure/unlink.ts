// Takes every name of the dead threads off the disk, and makes that durable: rollouts in both forms and both
// places, duplicates in other day folders, temporaries, staged files, quarantined pieces.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { forEachOf } from '../for-each-of.js'
import { inPieces } from '../in-pieces.js'
import { AT_ONCE_MAX, namesOf, type OwnedFile, rolloutFolders } from './names-on-disk.js'
import { removePiecesOf } from './quarantine.js'

/**
 * Unlinks `names`, which a walk found under the locks of the threads, and which nothing of this store adds to. Without
 * them (an earlier run may have unlinked a name, and died before it made that durable) all folders are walked and synced.
 */
export async function unlinkNames(
  context: StoreContext,
  isDead: (id: ThreadId) => boolean,
  names: readonly OwnedFile[] | undefined,
): Promise<void> {
  const files = names ?? (await namesOf(context, isDead))
  for await (const piece of inPieces(files)) {
    for (const { owner } of piece) if (owner !== undefined) await context.writers.close(owner)
  }
  await forEachOf(files, AT_ONCE_MAX, async (file) => {
    await context.disk.unlink(file.path)
  })
  const folders = new Set(files.map((file) => file.folder))
  if (!names) for (const folder of await rolloutFolders(context)) folders.add(folder)
  for (const folder of folders) await context.disk.syncFolder(folder)
  await removePiecesOf(context, (id) => isDead(id as ThreadId))
}

/** Names of the dead that are still there: in the folders of `names`, or in all. */
export async function namesLeft(
  context: StoreContext,
  isDead: (id: ThreadId) => boolean,
  names: readonly OwnedFile[] | undefined,
): Promise<number> {
  const folders = names && new Set(names.map((file) => file.folder))
  const files = await namesOf(context, isDead, folders)
  return files.filter((file) => file.owner !== undefined).length
}
