// Retries of operations whose steps failed: the pause doubles from `retryMs` up to an hour, with jitter, so that a
// disk in trouble is not asked in step. After STORE_FAILED nothing is tried before `reopen`.

import type { OperationId } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import { operationOf } from '../lifecycle/operations.js'
import { resumeOperation } from '../lifecycle/run-operation.js'

const PAUSE_MS_MAX = 60 * 60 * 1000

export function scheduleRetry(context: StoreContext, id: OperationId): void {
  const operation = context.openOperations.get(id)
  if (!operation || context.journal.failure || context.closing.aborted) return
  const doubled = context.options.retryMs * 2 ** Math.max(0, operation.attempts - 1)
  const jitter = 0.75 + context.entropy.bytes(1)[0]! / 512
  const pauseMs = Math.min(PAUSE_MS_MAX, doubled) * jitter
  operation.nextTryMs = context.clock.wallMs() + pauseMs
  // One timer an operation: callers who ask in between must not leave a chain of tries behind each.
  operation.cancelTry?.()
  const ended = new AbortController()
  const cancel = context.clock.schedule(pauseMs, () => {
    ended.abort()
    // The failure is in the open operation, where `status` and the next caller see it.
    retryNow(context, id).catch(() => {})
  })
  // Without its own end each retry would leave a listener behind for as long as the store is open.
  const { signal } = ended
  operation.cancelTry = () => {
    ended.abort()
    cancel()
  }
  context.closing.addEventListener('abort', cancel, { once: true, signal })
}

/** Enters an open operation at its steps again. Throws what its failing step threw. */
export async function retryNow(context: StoreContext, id: OperationId): Promise<void> {
  const operation = context.openOperations.get(id)
  const definition = operation && operationOf(operation.kind)
  if (!operation || !definition) return
  operation.nextTryMs = undefined
  operation.cancelTry?.()
  operation.cancelTry = undefined
  // One try at a time: a caller that asks while one is under way gets its outcome.
  operation.trying ??= resumeOperation(context, definition, operation)
    .then(() => {
      for (const threadId of operation.threadIds) {
        const state = context.threads.peek(threadId)
        if (state) state.unavailable = undefined
      }
    })
    .catch((error: unknown) => {
      // A step that failed has planned its next try; what failed before the steps must not be the last try.
      if (!operation.cancelTry) scheduleRetry(context, id)
      throw error
    })
    .finally(() => {
      operation.trying = undefined
    })
  await operation.trying
}
