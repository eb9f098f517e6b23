// The life of an open store: which context it has now, who may write to it, and how it is reopened and closed.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from './context.js'
import type { ResolvedOptions } from './options.js'
import { closeContext } from './recovery/close-context.js'
import { type OpenStore, openContext } from './recovery/open-context.js'

export class OpenedStore {
  readonly root: string
  readonly #options: ResolvedOptions
  #store: OpenStore
  #closed: Promise<void> | undefined
  #reopening: Promise<void> | undefined
  readonly #lost = new Set<ThreadId>()

  /** Use `openThreadStore`. */
  constructor(root: string, options: ResolvedOptions, store: OpenStore) {
    this.root = root
    this.#options = options
    this.#store = store
  }

  protected get context(): StoreContext {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'the store is closed')
    return this.#store.context
  }

  /** For mutations: those are refused at once after a failure. */
  protected get writable(): StoreContext {
    const { context } = this
    if (context.journal.failure) {
      const { message, detail, cause } = context.journal.failure
      throw new StoreError('STORE_FAILED', message, {
        detail,
        cause,
        outcome: 'absent',
        retryable: false,
      })
    }
    return context
  }

  /** STORE_FAILED, once a write or an fsync has failed; reads go on, and `reopen` recovers. */
  get failure(): StoreError | undefined {
    return this.#store.context.journal.failure
  }

  /** Closes and recovers, after STORE_FAILED. What was acknowledged is there; what was not may be. */
  reopen(): Promise<void> {
    this.#reopening ??= this.#reopenNow().finally(() => {
      this.#reopening = undefined
    })
    return this.#reopening
  }

  async #reopenNow(): Promise<void> {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'the store is closed')
    // Whatever closing meets, the journal has what was acknowledged, and opening tells what is wrong.
    await closeContext(this.#store).catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
    const before = this.#store.context
    for (const id of before.appends.lost()) this.#lost.add(id)
    try {
      this.#store = await openContext(this.root, this.#options)
    } catch (error) {
      // What was open is closed: it has failed, whatever it was before, and can be reopened again.
      before.journal.fail(error)
      throw error
    }
    await keepWriters(before, this.#store.context)
  }

  /**
   * Once for each thread whose buffered lines were lost with the store that failed: `flush` is their barrier, and must
   * not pass as if they were there.
   */
  protected refuseLost(id?: ThreadId): void {
    const lost = id === undefined ? [...this.#lost] : [id].filter((one) => this.#lost.has(one))
    if (lost.length === 0) return
    for (const one of lost) this.#lost.delete(one)
    throw new StoreError('BUFFERED_LOST', 'buffered items were lost when the store failed', {
      detail: { threadIds: lost },
    })
  }

  /** Makes everything durable and lets go of the lock. A second call waits for the first. */
  close(): Promise<void> {
    this.#closed ??= this.#closeNow()
    return this.#closed
  }

  async #closeNow(): Promise<void> {
    // A reopening that failed has told its own caller.
    await this.#reopening?.catch(() => {})
    try {
      await closeContext(this.#store)
    } finally {
      await this.#options.forget?.()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

/** A recorder outlives a reopen: its thread has no other writer in between. */
async function keepWriters(before: StoreContext, after: StoreContext): Promise<void> {
  for (const { threadId, writer } of before.threads.held()) {
    const state =
      after.dead.has(threadId) || after.schedules.has(threadId)
        ? undefined
        : await after.threads.load(threadId)
    if (state && writer) state.writer = writer
  }
}
