// A rate that background work keeps to, so that it leaves most of the disk and of the processors to others.

import type { Clock } from '@cenotaph/storage'

export class Pace {
  readonly #clock: Clock
  readonly #bytesPerSecond: number
  readonly #signal: AbortSignal
  /** When the work that was let through so far is paid for, in monotonic milliseconds. */
  #paidMs: number

  constructor(clock: Clock, bytesPerSecond: number, signal: AbortSignal) {
    this.#clock = clock
    this.#bytesPerSecond = bytesPerSecond
    this.#signal = signal
    this.#paidMs = clock.monotonicMs()
  }

  /** Resolves when so many bytes may be worked on, or when the signal aborts. */
  async wait(bytes: number): Promise<void> {
    const nowMs = this.#clock.monotonicMs()
    // What was not used in a pause is not owed to anybody.
    const beginMs = Math.max(nowMs, this.#paidMs)
    this.#paidMs = beginMs + (bytes / this.#bytesPerSecond) * 1000
    if (beginMs > nowMs && !this.#signal.aborted) await this.#pause(beginMs - nowMs)
  }

  async #pause(pauseMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.schedule(pauseMs, () => {
        this.#signal.removeEventListener('abort', stop)
        resolve()
      })
      const stop = (): void => {
        cancel()
        resolve()
      }
      this.#signal.addEventListener('abort', stop, { once: true })
    })
  }
}
