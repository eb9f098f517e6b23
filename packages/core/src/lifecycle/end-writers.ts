import type { ThreadId } from '@cenotaph/rollout'
import type { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'

/** Tells the live writers of these threads why they have none any more. */
export function endWriters(
  context: StoreContext,
  ids: readonly ThreadId[],
  errorOf: (id: ThreadId) => StoreError,
): void {
  for (const id of ids) {
    const state = context.threads.peek(id)
    if (!state?.writer) continue
    const { writer } = state
    state.writer = undefined
    writer.end(errorOf(id))
  }
}
