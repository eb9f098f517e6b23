// The files of LevelDB, read as files. Opening a store reads what may be in flight, and the newest tables; here every block
// of every table is read, as a `verify` does, and the weekly search of a store that stays open.

import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { Pace } from './verify-residue.js'
import type { Report } from './verify-store.js'

/** `pace` is waited for before each table. */
export async function verifyLevel(
  { disk, layout, options }: StoreContext,
  report: Report,
  pace?: Pace,
): Promise<void> {
  try {
    await options.levels.check(disk, layout.levelFolder, {
      tableBytesMax: Number.POSITIVE_INFINITY,
      ...(pace ? { pace } : {}),
    })
  } catch (error) {
    // Files that are never the same twice are being written and read all the time: nothing to tell.
    if (isStoreError(error, 'STORE_LOCKED')) return
    if (!isStoreError(error) || error.code === 'STORE_CLOSED') throw error
    report(error.code, null, error.message)
  }
}
