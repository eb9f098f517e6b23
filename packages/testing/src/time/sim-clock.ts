// A clock that a test steers: wall and monotonic time move together with `advance`, the wall alone with `step`. Timers
// fire in the order of their times, and never by themselves.

import type { Clock } from '@cenotaph/storage'

interface Timer {
  readonly atMs: number
  readonly callback: () => void
}

export class SimClock implements Clock {
  #wallMs: number
  #monotonicMs = 0
  readonly #timers = new Set<Timer>()

  /** Milliseconds since 1970-01-01 UTC. */
  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs
  }

  wallMs(): number {
    return this.#wallMs
  }

  monotonicMs(): number {
    return this.#monotonicMs
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#monotonicMs + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => {
      this.#timers.delete(timer)
    }
  }

  /** Timers that wait. */
  get timers(): number {
    return this.#timers.size
  }

  /** Lets time pass; timers that become due fire at their times. Their promises are the caller's to wait for. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms
    for (;;) {
      const due = [...this.#timers].filter((timer) => timer.atMs <= endMs)
      const next = due.sort((a, b) => a.atMs - b.atMs)[0]
      if (!next) break
      this.#timers.delete(next)
      this.#pass(next.atMs - this.#monotonicMs)
      next.callback()
    }
    this.#pass(endMs - this.#monotonicMs)
  }

  /** Sets the wall clock forward or back, as an operator, a battery or a time server does. */
  step(ms: number): void {
    this.#wallMs += ms
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms
    this.#wallMs += ms
  }
}
