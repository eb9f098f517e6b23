// Operations whose steps had failed and whose threads are all dead now: their delete makes them pointless, and
// finishing them would bring a rollout back. What they had staged goes, and their intents close.
// Survives: a crash before or after any call; what is left is dropped by the next run of the delete or by recovery.

import path from 'node:path'
import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'

/** Of the operation's threads, whether there are any and all are dead. */
export const isPointless = (context: StoreContext, threadIds: readonly ThreadId[]): boolean =>
  threadIds.length > 0 && threadIds.every((id) => context.dead.has(id))

/** Drops every open operation, other than deletes, whose threads are all dead. Call with their locks held. */
export async function dropPointless(context: StoreContext): Promise<void> {
  for (const { id, kind, threadIds } of context.openOperations.all()) {
    if (kind !== 'delete' && isPointless(context, threadIds)) await dropOperation(context, id)
  }
}

export async function dropOperation(context: StoreContext, id: OperationId): Promise<void> {
  const { disk, layout } = context
  for (const { name } of (await disk.list(layout.stagingFolder)) ?? []) {
    if (name.startsWith(`${id}-`)) await disk.unlink(path.join(layout.stagingFolder, name))
  }
  await disk.syncFolder(layout.stagingFolder)
  // Two deletes may get here for one operation that had threads of both.
  if (!context.openOperations.get(id)) return
  context.openOperations.close(id)
  await context.journal.settle(id, () => ({ operations: [], applied: () => {} }))
}
