// Intents that are committed and not settled: what recovery finishes, what `status` and `retry` tell of.
// Failures are counted here, with the pause before the next try; the delete writes its own into the intent.

import type { OpenIntent, OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreError } from '@cenotaph/storage'

export interface OpenOperation {
  readonly id: OperationId
  readonly kind: string
  readonly body: Uint8Array
  /** Threads that it moves or makes; empty for a delete that detaches nothing. */
  readonly threadIds: readonly ThreadId[]
  attempts: number
  failedStep: string | undefined
  failure: StoreError | undefined
  /** Wall time of the next try, in milliseconds; undefined while none is planned. */
  nextTryMs: number | undefined
  /** Takes that try's timer away. */
  cancelTry: (() => void) | undefined
  /** The retry that is under way. */
  trying: Promise<void> | undefined
}

export class OpenOperations {
  readonly #open = new Map<OperationId, OpenOperation>()

  add(
    intent: Pick<OpenIntent, 'id' | 'kind' | 'body'>,
    threadIds: readonly ThreadId[],
  ): OpenOperation {
    const operation: OpenOperation = {
      id: intent.id,
      kind: intent.kind,
      body: intent.body,
      threadIds,
      attempts: 0,
      failedStep: undefined,
      failure: undefined,
      nextTryMs: undefined,
      cancelTry: undefined,
      trying: undefined,
    }
    this.#open.set(intent.id, operation)
    return operation
  }

  /** Also takes the id of a receipt, which is that of its delete. */
  get(id: string): OpenOperation | undefined {
    return this.#open.get(id as OperationId)
  }

  failed(id: OperationId, step: string, failure: StoreError): void {
    const operation = this.#open.get(id)
    if (!operation) return
    operation.attempts += 1
    operation.failedStep = step
    operation.failure = failure
  }

  close(id: OperationId): void {
    this.#open.get(id)?.cancelTry?.()
    this.#open.delete(id)
  }

  /** In the order in which they were promised. */
  all(): OpenOperation[] {
    return [...this.#open.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
  }
}
