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
    const { roots, tree, ...spared } = await selectThreads(context, selection)
    if (roots.length === 0) {
      refuseEmptyPlan(options)
      return { ...nothingDeleted, ...spared, state: options.dryRun ? 'planned' : 'deleted' }
    }
    try {
      const result = await deleteByIds(context, roots, options, (rows) => {
        // With `cascade` forks go too, whatever they are.
        const chosen = (id: ThreadId): boolean => options.forks !== 'cascade' || tree.has(id)
        const asked = rows.filter((row) => chosen(row.threadId))
        refuseUndescribed(context, selection, asked)
      })
      return { ...result, ...spared, held: [...new Set([...spared.held, ...result.held])] }
    } catch (error) {
      const again = isStoreError(error, 'PLAN_CHANGED') && options.expectPlan === undefined
      if (!again) throw error
    }
  }
}
