// Where everything is under a root. Pure: no name here touches the disk. The folders for rollouts are those
// of a Codex home, so that the two can share one; all that is ours lies under `.cenotaph`.

import path from 'node:path'
import { dateFolderOf, parseRolloutFileName } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

export interface RootLayout {
  readonly root: string
  /** Rollouts of threads in use, in folders by local date. */
  readonly sessionsFolder: string
  /** Rollouts of archived threads, flat. */
  readonly archivedFolder: string
  readonly cenotaphFolder: string
  /** LevelDB's own. Nothing of ours opens `LOCK` in it. */
  readonly levelFolder: string
  readonly anchorPath: string
  readonly tombstonesPath: string
  readonly receiptsFolder: string
  readonly quarantineFolder: string
  /** Rollouts that an operation has written and not published yet; swept at open. */
  readonly stagingFolder: string
  readonly ownerPath: string
  readonly keyPath: string
  readonly ballastPath: string
  /** There while a backup is being restored into an empty root: nothing else opens the store then. */
  readonly restoringPath: string
  /** Where a rollout of this name belongs. ARGUMENT_INVALID for a name that no rollout has. */
  rolloutPath(place: { readonly archived: boolean; readonly fileName: string }): string
}

/** The layout of a root; a relative `root` is taken from the working folder of now. ARGUMENT_INVALID for no path. */
export function rootLayout(root: string): RootLayout {
  // An empty path would mean the working folder, which nobody asked for.
  if (typeof root !== 'string' || root === '')
    throw new StoreError('ARGUMENT_INVALID', 'the root of a store is a path')
  const base = path.resolve(root)
  const sessionsFolder = path.join(base, 'sessions')
  const archivedFolder = path.join(base, 'archived_sessions')
  const cenotaphFolder = path.join(base, '.cenotaph')
  return {
    root: base,
    sessionsFolder,
    archivedFolder,
    cenotaphFolder,
    levelFolder: path.join(cenotaphFolder, 'level'),
    anchorPath: path.join(cenotaphFolder, 'anchor.json'),
    tombstonesPath: path.join(cenotaphFolder, 'tombstones'),
    receiptsFolder: path.join(cenotaphFolder, 'receipts'),
    quarantineFolder: path.join(cenotaphFolder, 'quarantine'),
    stagingFolder: path.join(cenotaphFolder, 'staging'),
    ownerPath: path.join(cenotaphFolder, 'owner.json'),
    keyPath: path.join(cenotaphFolder, 'key.pem'),
    ballastPath: path.join(cenotaphFolder, 'ballast'),
    restoringPath: path.join(cenotaphFolder, 'restoring.json'),
    rolloutPath: ({ archived, fileName }) => {
      const parsed = path.basename(fileName) === fileName && parseRolloutFileName(fileName)
      if (!parsed)
        throw new StoreError('ARGUMENT_INVALID', 'not the name of a rollout', {
          detail: { fileName },
        })
      return archived
        ? path.join(archivedFolder, fileName)
        : path.join(sessionsFolder, dateFolderOf(parsed.localTime), fileName)
    },
  }
}
