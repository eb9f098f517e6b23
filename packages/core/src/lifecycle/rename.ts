// Rename a thread. One batch holds the row and the event; there is nothing to do on disk, so there are no steps.
// Survives: a crash before or after the batch. The name is the old one or the new one.

import type { ThreadId } from '@cenotaph/rollout'
import { refuseHidden, requireUsable } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { gatherLocked } from './barrier.js'
import { checkName } from './create.js'
import { defineOperation } from './operation.js'

interface RenameArgs {
  readonly threadId: ThreadId
  readonly name: string
}

interface RenamePlan {
  readonly threadId: ThreadId
}

export const rename = defineOperation<RenameArgs, ThreadRow, RenamePlan, ThreadId>({
  name: 'rename',

  gather: (context, { threadId, name }) => {
    checkName(name)
    return gatherLocked(context, { exclusive: [threadId] }, async () => ({
      ...(await requireUsable(context, threadId)).row,
      name,
    }))
  },

  plan: ({ threadId }) => ({ threadId }),

  commit(context, _plan, _operationId, row) {
    refuseHidden(context, row.threadId)
    return {
      rows: [row],
      events: [{ type: 'thread.renamed', threadId: row.threadId, payload: { name: row.name } }],
    }
  },

  steps: [],
  result: async (_context, { threadId }) => threadId,
  locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
  threadsOf: ({ threadId }) => [threadId],
})
