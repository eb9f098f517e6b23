// Finishes what was promised before the store was last closed or the process died: every open intent, in the order
// of the promises, by the same steps that run every day. What cannot be finished now stays open; its threads are
// parked or, for a delete, stay in `erasing`, and the store opens all the same.

import type { OpenIntent } from '@cenotaph/journal'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { operationOf } from '../lifecycle/operations.js'
import { decodePlan, resumeOperation } from '../lifecycle/run-operation.js'
import { restoreProgress } from '../participants/progress.js'

export async function finishIntents(
  context: StoreContext,
  intents: readonly OpenIntent[],
): Promise<void> {
  for (const intent of intents) {
    const definition = operationOf(intent.kind)
    if (!definition) {
      throw new StoreError(
        'STORE_FORMAT_NEWER',
        `an operation of a newer version: ${intent.kind}`,
        {
          detail: { kind: intent.kind, operationId: intent.id },
        },
      )
    }
    const plan = (definition.decode ?? decodePlan)(intent.body)
    context.openOperations.add(intent, definition.threadsOf(plan))
    await restoreProgress(context, intent.id)
    try {
      await resumeOperation(context, definition, intent)
    } catch (error) {
      // What a step failed with is kept in the open operation, and its next try is planned.
      if (context.journal.failure || !context.openOperations.get(intent.id)?.failure) throw error
    }
  }
}
