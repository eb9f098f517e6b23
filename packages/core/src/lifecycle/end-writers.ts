import type { ThreadId } from '@cenotaph/rollout'
import type { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'

/** Tells the live writers of these threads why they have none any more. Of 10,000 threads few have one. */
export function endWriters(
  context: StoreContext,
  ids: readonly ThreadId[],
  errorOf: (id: ThreadId) => StoreError,
): void {
  const held = new Map([...context.threads.held()].map((state) => [state.threadId, state]))
  for (const id of held.size > 0 ? ids : []) {
    const state = held.get(id)
    if (!state?.writer) continue
    const { writer } = state
    state.writer = undefined
    writer.end(errorOf(id))
  }
}
