// A clock that a test steers: time passes when it says so, or the wall clock jumps while time does not pass.

import type { Clock } from '@cenotaph/storage'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

export class SteeredClock implements Clock {
  #wallMs = Date.UTC(2030, 0, 1, 12)
  #monotonicMs = 0
  readonly #timers = new Set<Timer>()

  wallMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + delayMs, callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** Milliseconds from now on after which each timer is due. */
  delays(): readonly number[] {
    return [...this.#timers].map(({ atMs }) => atMs - this.#monotonicMs)
  }

  /** Both clocks go on. No timer fires: nothing runs in the background while a test looks. */
  pass(ms: number): void {
    this.#wallMs += ms
    this.#monotonicMs += ms
  }

  /** The wall clock alone, either way. */
  jump(ms: number): void {
    this.#wallMs += ms
  }

  /** Calls back what is due by now. */
  fire(): void {
    for (const timer of this.#timers) {
      if (timer.atMs > this.#monotonicMs) continue
      this.#timers.delete(timer)
      timer.callback()
    }
  }
}
