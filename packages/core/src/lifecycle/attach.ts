// Put or take away one attachment. `attach` is one batch and has no steps. `eraseAttachment` also makes LevelDB forget the
// bytes that were there before, as a step that is tried again until it is done; it holds the thread's lock alone
// meanwhile, because its tombstones would outlive a put that came between.
// Survives: a crash at any instant. The attachment is the old one or the new one, whole; bytes that were to be erased are
// erased at the next open.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { AttachmentKeys, type CheckedChange } from '../attachments/attachment-keys.js'
import type { StoreContext } from '../context.js'
import type { LockRequest } from '../threads/lock-table.js'
import {
  refuseArchived,
  refuseHidden,
  requireThread,
  requireUsable,
} from '../threads/require-thread.js'
import type { ThreadState } from '../threads/thread-state.js'
import { defineOperation } from './operation.js'

interface AttachArgs {
  readonly threadId: ThreadId
  readonly change: CheckedChange
}

interface AttachState {
  readonly thread: ThreadState
  readonly keys: AttachmentKeys
  readonly change: CheckedChange
  readonly isThere: boolean
}

/** Handles, never names. */
interface AttachPlan {
  readonly threadId: ThreadId
  readonly levelKeys: readonly string[]
  readonly isThere: boolean
}

export const attach = defineOperation<AttachArgs, AttachState, AttachPlan, boolean>({
  name: 'attach',
  gather: (context, args) => lockedState(context, { shared: [args.threadId] }, args),
  plan: planOf,
  commit: (context, _plan, _operationId, state) => commitOf(context, state),
  steps: [],
  result: async (_context, { isThere }) => isThere,
  locksOf: ({ threadId }) => ({ shared: [threadId] }),
  threadsOf: () => [],
})

export const eraseAttachment = defineOperation<AttachArgs, AttachState, AttachPlan, boolean>({
  name: 'eraseAttachment',
  gather: (context, args) => lockedState(context, { exclusive: [args.threadId] }, args),
  plan: planOf,
  commit(context, { threadId }, _operationId, state) {
    const change = commitOf(context, state)
    return {
      ...change,
      applied() {
        change.applied()
        // A backup that has copied what is erased now copies the thread again.
        context.backups.note(threadId)
      },
    }
  },
  steps: [
    {
      name: 'erase',
      async apply(context, { levelKeys }) {
        const ranges = levelKeys.map((key) => ({ from: key, to: key }))
        const { tablesLeft } = await context.journal.eraseRanges(ranges, { keepLive: true })
        if (tablesLeft > 0) {
          throw new StoreError('ERASE_INCOMPLETE', 'LevelDB kept tables of the erased ranges', {
            retryable: true,
            detail: { tables: tablesLeft },
          })
        }
        await context.disk.syncFolder(context.layout.levelFolder)
      },
    },
  ],
  result: async (_context, { isThere }) => isThere,
  locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
  // A thread whose old bytes are still there can be used all the same.
  threadsOf: () => [],
})

async function lockedState(
  context: StoreContext,
  request: LockRequest,
  { threadId, change }: AttachArgs,
): Promise<{ state: AttachState; locks: () => void }> {
  const locks = await context.locks.acquire(request)
  try {
    if (context.journal.failure) throw context.journal.failure
    // What is in the way of a thread's lines is not in the way of erasing.
    const require = change.value ? requireUsable : requireThread
    const thread = await require(context, threadId)
    if (change.value) refuseArchived(thread)
    const keys = await AttachmentKeys.of(context, thread)
    return { state: { thread, keys, change, isThere: keys.has(change) }, locks }
  } catch (error) {
    locks()
    throw error
  }
}

function planOf({ thread, keys, change, isThere }: AttachState): AttachPlan {
  return { threadId: thread.threadId, levelKeys: keys.keysOf(change), isThere }
}

function commitOf(context: StoreContext, { thread, keys, change }: AttachState) {
  refuseHidden(context, thread.threadId)
  // The batch that follows in this turn is written, or the store has failed and its memory goes.
  keys.claim([change])
  return {
    operations: keys.operationsOf([change], context.journal.storeTimeMs()),
    applied: () => keys.noteCommitted([change]),
  }
}
