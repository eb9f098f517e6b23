import type { BatchOperation } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import type { ThreadRow } from '../threads/thread-row.js'

/** Gives a row the handle of its directory. Called while the batch that stores the row is built. */
export function placeInDirectory(
  context: StoreContext,
  row: ThreadRow,
): { row: ThreadRow; operations: BatchOperation[] } {
  if (row.cwd === null) return { row: { ...row, directory: null }, operations: [] }
  const { handle, operations } = context.directories.assign(row.cwd)
  return { row: { ...row, directory: handle }, operations }
}
