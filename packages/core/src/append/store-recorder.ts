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
      // The exclusive lock waits for appends that were let in before there was a live writer.
      const release = await context.locks.acquire({ exclusive: [id] })
      try {
        const state = await requireUsable(context, id)
        refuseArchived(state)
        refuseOtherWriter(state, writer)
        state.writer = writer
        await context.appends.flush(state)
      } finally {
        release()
      }
      return id
    },

    newKey: () => `recorder ${Buffer.from(store.current().entropy.bytes(12)).toString('hex')}`,

    async append(id, items, key, writer) {
      await appendItems(store.writable(), id, items, { idempotencyKey: key, writer })
    },

    close(id, writer) {
      const state = store.current().threads.peek(id)
      if (state?.writer === writer) state.writer = undefined
    },
  }
}
