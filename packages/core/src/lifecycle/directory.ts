import type { BatchOperation } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import type { ThreadRow } from '../threads/thread-row.js'

/**
 * Gives a row the handle of its directory. Called while the batch that stores the row is built; `previous` is the row
 * whose place it takes.
 */
export function placeInDirectory(
  context: StoreContext,
  row: ThreadRow,
  previous?: ThreadRow,
): { row: ThreadRow; operations: BatchOperation[] } {
  const { handle, operations } =
    row.cwd === null ? { handle: null, operations: [] } : context.directories.assign(row.cwd)
  const before = previous ? directoriesOf(previous).filter((known) => known !== handle) : []
  const former = before.length > 0 ? { formerDirectories: before } : {}
  return { row: { ...row, ...former, directory: handle }, operations }
}

/** Handles of all directories that a thread has or had. */
export const directoriesOf = ({ directory, formerDirectories = [] }: ThreadRow): string[] =>
  directory === null ? [...formerDirectories] : [directory, ...formerDirectories]
