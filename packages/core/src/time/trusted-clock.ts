// Time that deletions are judged by. The time of the store never goes back, so a wall clock that was wrong once has moved
// it for good; nothing may die because of that. Trusted time follows the wall clock as long as that one is believable,
// never goes back, and is durable (`k/clock`). A wall clock that is more than 7 days ahead at open, or that steps more
// than an hour ahead of the monotonic clock while open, is not believed: trusted time then goes on by the monotonic clock
// until 24 hours of it have passed, the wall clock is right again, or somebody confirms it.
// Survives: restarts and power loss; what is lost is time that passed, which brings nothing forward.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { Clock } from '@cenotaph/storage'

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
/** How long a store may have been closed before its clock is doubted. */
const CLOSED_MS_MAX = 7 * DAY_MS
const STEP_MS_MAX = HOUR_MS
const DOUBT_MS = DAY_MS
/** Less than this is not worth a write of its own. */
const PERSIST_MS = HOUR_MS

export const clockKey = 'k/clock'

export const encodeClock = (trustedMs: number): Uint8Array =>
  Buffer.from(JSON.stringify({ trustedMs }))

/** Undefined where it is no time. */
export function decodeClock(body: Uint8Array): number | undefined {
  const { trustedMs } = JSON.parse(Buffer.from(body).toString()) as { trustedMs?: unknown }
  return Number.isSafeInteger(trustedMs) ? (trustedMs as number) : undefined
}

interface Doubt {
  readonly sinceMs: number
  /** A wall clock that is no further ahead than this is right again. */
  readonly aheadMsMax: number
}

export class TrustedClock {
  readonly #clock: Clock
  readonly #journal: Pick<Journal, 'commit'>
  #trustedMs: number
  #persistedMs: number
  #wallMs: number
  #monotonicMs: number
  #doubt: Doubt | undefined

  private constructor(
    clock: Clock,
    journal: Pick<Journal, 'commit'>,
    beforeMs: number | undefined,
  ) {
    this.#clock = clock
    this.#journal = journal
    this.#wallMs = Math.trunc(clock.wallMs())
    this.#monotonicMs = clock.monotonicMs()
    this.#trustedMs = beforeMs ?? this.#wallMs
    this.#persistedMs = this.#trustedMs
    if (this.#wallMs - this.#trustedMs > CLOSED_MS_MAX) this.#doubtNow(CLOSED_MS_MAX)
    else this.#trustedMs = Math.max(this.#trustedMs, this.#wallMs)
  }

  /** `lastMs`: the newest time that the store's own records have, for a store that has no trusted time yet. */
  static async load(
    journal: Journal,
    clock: Clock,
    lastMs: number | undefined,
  ): Promise<TrustedClock> {
    const body = await journal.get(clockKey)
    return new TrustedClock(clock, journal, (body && decodeClock(body)) ?? lastMs)
  }

  /** Milliseconds since 1970 UTC, at which due dates and ages are judged. */
  nowMs(): number {
    this.#look()
    return Math.trunc(this.#trustedMs)
  }

  /** False while the wall clock is not believed. */
  get confirmed(): boolean {
    this.#look()
    return this.#doubt === undefined
  }

  /** From when a delay counts: the later of the two clocks, because that is the safe side. */
  startMs(): number {
    return Math.max(this.nowMs(), this.#wallMs)
  }

  /** What the wall clock says would be due, and trusted time does not say so yet. */
  get wallMs(): number {
    this.#look()
    return this.#wallMs
  }

  /** Somebody says that the wall clock is right. Durable when it resolves. */
  async confirm(): Promise<void> {
    this.#look()
    this.#believe()
    await this.persist(0)
  }

  /** For a batch that is written anyway. */
  operations(): BatchOperation[] {
    return [{ type: 'put', key: clockKey, body: encodeClock(this.nowMs()) }]
  }

  /** Writes trusted time, if it has moved by so much since it was last written. */
  async persist(movedMsMin = PERSIST_MS): Promise<void> {
    if (this.nowMs() - this.#persistedMs < movedMsMin) return
    await this.#journal.commit(() => {
      const nowMs = this.nowMs()
      return {
        operations: this.operations(),
        applied: () => {
          this.#persistedMs = nowMs
        },
      }
    })
  }

  #look(): void {
    const wallMs = Math.trunc(this.#clock.wallMs())
    const monotonicMs = this.#clock.monotonicMs()
    const passedMs = Math.max(0, monotonicMs - this.#monotonicMs)
    const steppedMs = wallMs - (this.#wallMs + passedMs)
    this.#wallMs = wallMs
    this.#monotonicMs = monotonicMs
    if (this.#doubt) this.#trustedMs += passedMs
    const aheadMs = wallMs - this.#trustedMs
    // A step that only brings back a clock that was behind is none.
    if (steppedMs > STEP_MS_MAX && aheadMs - (this.#doubt ? 0 : passedMs) > STEP_MS_MAX) {
      // What passed until the step was noticed did pass, unless the clock was behind and trusted time stood.
      if (!this.#doubt) this.#trustedMs = Math.max(this.#trustedMs, wallMs - steppedMs)
      this.#doubtNow(STEP_MS_MAX)
      return
    }
    const { sinceMs, aheadMsMax } = this.#doubt ?? { sinceMs: 0, aheadMsMax: 0 }
    if (!this.#doubt || monotonicMs - sinceMs >= DOUBT_MS || aheadMs <= aheadMsMax) this.#believe()
  }

  #doubtNow(aheadMsMax: number): void {
    this.#doubt = { sinceMs: this.#monotonicMs, aheadMsMax }
  }

  #believe(): void {
    this.#doubt = undefined
    this.#trustedMs = Math.max(this.#trustedMs, this.#wallMs)
  }
}
