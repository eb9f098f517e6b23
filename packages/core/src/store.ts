// Opening a store: one on disk, with room in memory beside it, or one that is in memory alone.

import { RoutedStore } from './ephemeral/routed-store.js'
import { resolveOptions, type ThreadStoreOptions } from './options.js'
import { openContext } from './recovery/open-context.js'
import { ThreadStore } from './thread-store.js'

export { type ResumedThread, ThreadStore } from './thread-store.js'

/**
 * Opens the store at `root`, making it where there is none (0700). Finishes what was promised before, deletes first
 * of all; time depends on what is in flight.
 *
 * Errors: STORE_LOCKED (with pid and host), ROOT_NOT_A_FOLDER, ROOT_NOT_ACCESSIBLE, JOURNAL_GAP, LEVEL_DAMAGED,
 * TOMBSTONES_DAMAGED, KEY_MISMATCH (these four: `repairStore`), STORE_FORMAT_NEWER, DISK_FULL.
 */
export async function openThreadStore(
  root: string,
  options: ThreadStoreOptions = {},
): Promise<ThreadStore> {
  const resolved = resolveOptions(options)
  return resolved.ephemeral
    ? new ThreadStore(root, resolved, await openContext(root, resolved))
    : RoutedStore.open(root, resolved)
}
