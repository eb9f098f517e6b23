// The live writer of one thread. Items are added in order and go out in order; the rollout appears with the first
// persist, or with a flush that has something to write. A failed write keeps its items: the next barrier tries them
// again, each exactly once.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { LiveWriter } from '../threads/thread-state.js'
import type { NewItem } from './prepared-lines.js'

/** What a recorder needs of the store. */
export interface RecorderTarget {
  /** Creates the thread, or finds it, and makes this recorder its live writer. */
  open(writer: LiveWriter): Promise<ThreadId>
  /** A name for a batch: however often it is sent, it is written once. */
  newKey(): string
  append(
    threadId: ThreadId,
    items: readonly NewItem[],
    key: string,
    writer: LiveWriter,
  ): Promise<void>
  close(threadId: ThreadId, writer: LiveWriter): void
}

export interface RecorderOptions {
  /** Items in memory before `add` makes its caller wait. Default 256. */
  readonly bufferItemsMax?: number
}

const BUFFER_ITEMS = 256
const BATCH_ITEMS = 1_024

export class Recorder implements LiveWriter {
  readonly #target: RecorderTarget
  readonly #bufferItemsMax: number
  readonly #pending: NewItem[] = []
  #threadId: ThreadId | undefined
  /** The batch of which nobody knows whether it was written: the next try sends the same one. */
  #uncertain: { readonly key: string; readonly items: number } | undefined
  #ended: StoreError | undefined
  #running: Promise<void> = Promise.resolve()

  constructor(target: RecorderTarget, options: RecorderOptions = {}) {
    this.#target = target
    this.#bufferItemsMax = options.bufferItemsMax ?? BUFFER_ITEMS
  }

  /** Known once the thread is created. */
  get threadId(): ThreadId | undefined {
    return this.#threadId
  }

  /** Takes items into memory. Resolves at once, or when the buffer has room again. @throws RECORDER_CLOSED */
  async add(...items: readonly NewItem[]): Promise<void> {
    this.#refuseEnded()
    this.#pending.push(...items)
    // Until the first persist nothing may be written, so nothing can be waited for.
    if (this.#threadId !== undefined && this.#pending.length >= this.#bufferItemsMax) {
      await this.flush()
    }
  }

  /** Creates the thread with its rollout, and writes what was added. Durable when it resolves. */
  persist(): Promise<ThreadId> {
    return this.#serially(async () => {
      if (this.#threadId === undefined) {
        this.#threadId = await this.#target.open(this)
      }
      await this.#drain(this.#threadId)
      return this.#threadId
    })
  }

  /** Makes everything that was added durable. Creates nothing where nothing was added. */
  async flush(): Promise<void> {
    if (this.#threadId === undefined && this.#pending.length === 0) {
      this.#refuseEnded()
      return
    }
    await this.persist()
  }

  /** Flushes and lets the thread go. A recorder that never wrote anything leaves nothing. */
  async shutdown(): Promise<void> {
    if (this.#ended) return
    await this.flush()
    this.#ended = new StoreError('RECORDER_CLOSED', 'the recorder is shut down')
    if (this.#threadId !== undefined) this.#target.close(this.#threadId, this)
  }

  end(error: StoreError): void {
    this.#ended ??= error
    this.#pending.length = 0
  }

  /** What is added meanwhile is the next barrier's: nobody waits for it, and nobody is refused because of it. */
  async #drain(threadId: ThreadId): Promise<void> {
    for (let left = this.#pending.length; left > 0; ) {
      const { key, items } = this.#uncertain ?? {
        key: this.#target.newKey(),
        items: Math.min(left, BATCH_ITEMS),
      }
      const batch = this.#pending.slice(0, items)
      try {
        await this.#target.append(threadId, batch, key, this)
      } catch (error) {
        if (isStoreError(error) && error.outcome === 'unknown') {
          this.#uncertain = { key, items: batch.length }
        }
        // What cannot ever be written must not stand in the way of what can.
        if (isStoreError(error, 'ITEM_INVALID') || isStoreError(error, 'ITEM_TOO_LARGE')) {
          this.#pending.splice(Number(error.detail.index ?? 0), 1)
        }
        throw error
      }
      this.#uncertain = undefined
      this.#pending.splice(0, batch.length)
      left -= batch.length
    }
  }

  #serially<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#running.then(() => {
      this.#refuseEnded()
      return run()
    })
    this.#running = result.then(
      () => {},
      () => {},
    )
    return result
  }

  #refuseEnded(): void {
    if (this.#ended) throw this.#ended
  }
}
