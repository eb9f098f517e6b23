// What a recorder of a store writes to: a thread that exists, or one that its first persist creates.

import type { StoreContext } from '../context.js'
import { appendItems, refuseOtherWriter } from '../lifecycle/append.js'
import { type CreateThreadOptions, create } from '../lifecycle/create.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { refuseArchived, requireThreadId, requireUsable } from '../threads/require-thread.js'
import type { RecorderTarget } from './recorder.js'

export type RecorderSubject =
  | { readonly threadId: string }
  | { readonly create: CreateThreadOptions }

/** The store's context of the moment: a reopen replaces it under a recorder. */
export interface ContextOfNow {
  /** @throws STORE_FAILED, STORE_CLOSED */
  writable(): StoreContext
  /** @throws STORE_CLOSED */
  current(): StoreContext
}

export function recorderTarget(subject: RecorderSubject, store: ContextOfNow): RecorderTarget {
  return {
    async open(writer) {
      const context = store.writable()
      const id =
        'create' in subject
          ? await runOperation(context, create, subject.create)
          : requireThreadId(subject.threadId)
      const state = await requireUsable(context, id)
      refuseArchived(state)
      refuseOtherWriter(state, writer)
      state.writer = writer
      await context.appends.flush(state)
      return { threadId: id, nextOrdinal: state.tail.ordinal }
    },

    async append(id, items, expectedOrdinal, writer) {
      const context = store.writable()
      const { lastOrdinal } = await appendItems(context, id, items, { expectedOrdinal, writer })
      // After a reopen the thread forgot who its writer was.
      const state = context.threads.peek(id)
      if (state) state.writer ??= writer
      return lastOrdinal === null ? expectedOrdinal : lastOrdinal + 1
    },

    close(id, writer) {
      const state = store.current().threads.peek(id)
      if (state?.writer === writer) state.writer = undefined
    },
  }
}
