// Compresses cold threads in the background of a store that stays open, where its options ask for it: archived ones
// sooner than others, at a rate that leaves room for whoever appends, never a thread that is in use. A pass begins a
// minute after the store was opened and an hour after the one before; what it does not get to, the next one does.
// Whatever goes wrong with a thread leaves that thread plain; a disk that fails is the store's failure, and ends it.

import type { StoreContext } from '../context.js'
import { type CompressProgress, compressThreads } from './compress-threads.js'
import { Pace } from './pace.js'
import type { CompressionPolicy } from './policy.js'

const FIRST_PAUSE_MS = 60_000
const PAUSE_MS = 60 * 60_000

export class Compressor {
  readonly #context: StoreContext
  readonly #policy: CompressionPolicy | undefined
  #cancel: (() => void) | undefined
  #running: Promise<void> | undefined

  constructor(context: StoreContext) {
    this.#context = context
    this.#policy = context.options.compression
    context.closing.addEventListener('abort', () => this.#cancel?.(), { once: true })
  }

  /** Plans the first pass, where there is a policy. */
  start(): void {
    if (this.#policy) this.#plan(FIRST_PAUSE_MS)
  }

  #plan(pauseMs: number): void {
    const { clock, closing, journal } = this.#context
    if (closing.aborted || journal.failure) return
    this.#cancel = clock.schedule(pauseMs, () => {
      this.#running ??= this.#pass(this.#policy!)
        // What failed the store is known to the store.
        .catch(() => {})
        .finally(() => {
          this.#running = undefined
          this.#plan(PAUSE_MS)
        })
    })
  }

  async #pass({ coldAfter, archivedAfter, bytesPerSecondMax, onProgress }: CompressionPolicy) {
    const { clock, closing } = this.#context
    const pace = new Pace(clock, bytesPerSecondMax, closing)
    const options = {
      pace: (bytes: number) => pace.wait(bytes),
      ...(onProgress ? { onProgress: (progress: CompressProgress) => onProgress(progress) } : {}),
    }
    const archived = { archived: true, olderThan: archivedAfter } as const
    await compressThreads(this.#context, archived, options)
    await compressThreads(this.#context, { olderThan: coldAfter }, options)
  }
}
