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
  open(writer: LiveWriter): Promise<{ threadId: ThreadId; nextOrdinal: number }>
  /** Resolves with the next ordinal. @throws ORDINAL_CONFLICT with the actual one */
  append(
    threadId: ThreadId,
    items: readonly NewItem[],
    expectedOrdinal: number,
    writer: LiveWriter,
  ): Promise<number>
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
  #nextOrdinal = 0
  /** Length of the batch whose append failed, so that the next try sends the same one. */
  #batchItems: number | undefined
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
        const { threadId, nextOrdinal } = await this.#target.open(this)
        this.#threadId = threadId
        this.#nextOrdinal = nextOrdinal
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
    if (this.#threadId !== undefined) this.#target.close(this.#threadId, this)
    this.#ended = new StoreError('RECORDER_CLOSED', 'the recorder is shut down')
  }

  end(error: StoreError): void {
    this.#ended ??= error
    this.#pending.length = 0
  }

  async #drain(threadId: ThreadId): Promise<void> {
    while (this.#pending.length > 0) {
      const batch = this.#pending.slice(0, this.#batchItems ?? BATCH_ITEMS)
      try {
        this.#nextOrdinal = await this.#target.append(threadId, batch, this.#nextOrdinal, this)
      } catch (error) {
        if (this.#wasWritten(error)) {
          this.#pending.splice(0, batch.length)
          continue
        }
        // The same items go out together next time, so that what became of them can be told.
        if (isStoreError(error) && error.outcome === 'unknown') this.#batchItems = batch.length
        // What cannot ever be written must not stand in the way of what can.
        if (isStoreError(error, 'ITEM_INVALID') || isStoreError(error, 'ITEM_TOO_LARGE')) {
          this.#pending.splice(Number(error.detail.index ?? 0), 1)
        }
        throw error
      }
      this.#pending.splice(0, batch.length)
      this.#batchItems = undefined
    }
  }

  /**
   * A batch is there whole or not at all, and nobody else writes to the thread: if it has grown since the append that
   * failed, that append is what it has grown by.
   */
  #wasWritten(error: unknown): boolean {
    if (!isStoreError(error, 'ORDINAL_CONFLICT') || this.#batchItems === undefined) return false
    const actual = Number(error.detail.actual)
    if (actual <= this.#nextOrdinal) return false
    this.#nextOrdinal = actual
    this.#batchItems = undefined
    return true
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
