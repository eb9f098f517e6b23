// Whether a root holds a store. Asked without its lock, which is the database's: whoever gets the lock then asks once more,
// because the process that had it may have made the store meanwhile.

import { StoreError } from '@cenotaph/storage'
import type { ResolvedOptions } from '../options.js'
import type { RootLayout } from '../root/index.js'

/** A store is new until its first checkpoint has written the anchor. */
export async function isFresh(
  { disk, levels }: ResolvedOptions,
  layout: RootLayout,
): Promise<boolean> {
  if (await disk.stat(layout.anchorPath)) return false
  const witnesses = [layout.tombstonesPath, layout.keyPath]
  const present = await Promise.all(witnesses.map((witness) => disk.stat(witness)))
  const current = await levels.isThere(disk, layout.levelFolder)
  // The level folder is made first and the anchor last, so a crash in between leaves `level/` with the others.
  if (!current && present.some((stat) => stat !== undefined)) throw levelMissing()
  return true
}

const levelMissing = (): StoreError =>
  new StoreError('JOURNAL_GAP', 'the journal is missing; `repair` rebuilds what can be rebuilt', {
    detail: { reason: 'level-missing' },
  })

/** What can be checked of a store that is there, before its database is opened. */
export async function checkLevel(
  { disk, levels }: ResolvedOptions,
  layout: RootLayout,
): Promise<void> {
  if (!(await levels.isThere(disk, layout.levelFolder))) throw levelMissing()
  // The tables are read once, by whoever opens them.
  await levels.check(disk, layout.levelFolder, { tableBytesMax: 0 })
}
