/** Time as the engine sees it. Wall time may step either way; monotonic time never goes back. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC. */
  wallMs(): number
  /** Milliseconds since an arbitrary instant. */
  monotonicMs(): number
  /** Calls back once, `delayMs` from now, without keeping the process alive. Returns the cancel function. */
  schedule(delayMs: number, callback: () => void): () => void
}

export const nodeClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
