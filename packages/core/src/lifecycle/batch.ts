// Turns a change (rows, events) into the operations of one LevelDB batch. Runs in the same turn of the event
// loop in which the batch is issued, so what it reads in memory is what the batch is true of.

import type { BatchOperation } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import { rowOperations } from '../threads/thread-table.js'
import type { Change } from './operation.js'

export function batchOf(
  context: StoreContext,
  change: Change,
): { operations: BatchOperation[]; applied: () => void } {
  const operations: BatchOperation[] = []
  const rows = change.rows ?? []
  for (const row of rows) {
    operations.push(...rowOperations(context.threads.peek(row.threadId)?.persisted, row))
  }
  const events = context.events.plan(change.events ?? [])
  operations.push(...events.operations, ...(change.operations ?? []))
  return {
    operations,
    applied() {
      for (const row of rows) {
        context.backups.note(row.threadId, row.generation)
        const state = context.threads.peek(row.threadId)
        if (state) state.replaceRow(row)
        else context.threads.add(row)
      }
      events.apply()
      change.applied?.()
    },
  }
}
