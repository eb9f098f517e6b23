// The verb behind `deleteThreads(selection)`: chooses the threads, then deletes exactly those, in one set with one
// receipt. What was chosen is asked again under the locks of all that dies; where it changed meanwhile, the choice is
// made anew, unless the caller bound the delete to a plan.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import {
  checkSelection,
  refuseUndescribed,
  selectThreads,
  type ThreadSelection,
} from '../erasure/thread-selection.js'
import type { ThreadRow } from '../threads/thread-row.js'
import {
  checkDeleteOptions,
  type DeleteOptions,
  type DeleteResult,
  deleteByIds,
  nothingDeleted,
  refuseEmptyPlan,
} from './delete-threads.js'

/**
 * @throws ARGUMENT_INVALID, THREAD_HAS_FORKS, THREAD_HELD (a fork that `cascade` would take), PLAN_CHANGED,
 * REASON_REFUSED, DISK_FULL
 */
export async function deleteSelection(
  context: StoreContext,
  selection: ThreadSelection,
  options: DeleteOptions,
): Promise<DeleteResult> {
  checkSelection(selection)
  checkDeleteOptions(options)
  for (;;) {
    const { roots, ...spared } = await selectThreads(context, selection)
    if (roots.length === 0) {
      refuseEmptyPlan(options)
      return { ...nothingDeleted, ...spared, state: options.dryRun ? 'planned' : 'deleted' }
    }
    try {
      const result = await deleteByIds(context, roots, options, async (rows) => {
        // With `cascade` forks go too, whatever they are: one that was spared must not be asked for ever.
        const asked = options.forks === 'cascade' ? spawnedBy(context, roots, rows) : rows
        await refuseUndescribed(context, selection, asked)
      })
      return { ...result, ...spared, held: [...new Set([...spared.held, ...result.held])] }
    } catch (error) {
      const again = isStoreError(error, 'PLAN_CHANGED') && options.expectPlan === undefined
      if (!again) throw error
    }
  }
}

/** Of `rows`, the threads and all that they spawned, through middles that are gone. Parents come before children. */
function spawnedBy(
  { dead }: StoreContext,
  roots: readonly ThreadId[],
  rows: readonly ThreadRow[],
): readonly ThreadRow[] {
  const inside = new Set(roots)
  const living = (id: ThreadId | null | undefined): ThreadId | null => {
    let at = id ?? null
    while (at !== null && dead.has(at)) at = dead.parentOf(at) ?? null
    return at
  }
  return rows.filter(({ threadId, parentThreadId }) => {
    const parent = living(parentThreadId)
    if (parent !== null && inside.has(parent)) inside.add(threadId)
    return inside.has(threadId)
  })
}
