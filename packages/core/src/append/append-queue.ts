// Appends in the order of their lines: journal first, then the rollout, then the caller (commits.ts); what may wait is
// buffered in memory before that. Survives a crash at any instant: what was acknowledged as durable is there.
//
// Callers hold the thread's lock (shared, or exclusive for a large batch), so a thread cannot be archived,
// rewritten or deleted between the moment a line gets its ordinal and the moment it is in the file.

import type { ThreadId } from '@cenotaph/rollout'
import type { Clock } from '@cenotaph/storage'
import type { ResolvedOptions } from '../options.js'
import type { ThreadState } from '../threads/thread-state.js'
import { moveTail } from './advance.js'
import type { Along, Commits } from './commits.js'
import type { Outcome } from './outcome.js'
import type { PreparedLines } from './prepared-lines.js'

const nothingAlong: Along = {}

interface Buffered {
  pieces: Uint8Array[]
  bytes: number
  first: number
  count: number
  offset: number
  updatedAt: number
  preview: string | undefined
}

export class AppendQueue {
  readonly #commits: Commits
  readonly #clock: Clock
  readonly #options: ResolvedOptions
  readonly #buffered = new Map<ThreadState, Buffered>()
  readonly #flushing = new Map<ThreadState, Promise<void>>()
  #cancelTimer: (() => void) | undefined
  readonly #lostThreads = new Set<ThreadState>()

  constructor(commits: Commits, clock: Clock, options: ResolvedOptions) {
    this.#commits = commits
    this.#clock = clock
    this.#options = options
  }

  /**
   * As {@link commit}, for lines of a thread of which nothing is buffered: they wait for their batch when it returns, and
   * the outcome is told without another turn of the event loop.
   */
  commitNow(state: ThreadState, lines: PreparedLines, outcome: Outcome): void {
    this.#commits.commit(state, lines, moveTail(state, lines), nothingAlong, outcome)
  }

  /**
   * Commits lines that begin at the thread's tail, and moves the tail at once. Durable when it resolves.
   * What was buffered before them goes first.
   */
  async commit(
    state: ThreadState,
    lines: PreparedLines,
    along: Along = nothingAlong,
  ): Promise<void> {
    const offset = moveTail(state, lines)
    if (!this.hasBuffered(state)) return this.#commitAt(state, lines, offset, along)
    // Whoever comes next waits behind this commit's turn, not only behind the flush: lines are issued in the order
    // of their offsets, and between the end of a flush and the turn of its waiters there are others.
    let commit: Promise<void> | undefined
    await this.#inTurn(
      state,
      this.flush(state).then(() => {
        commit = this.#commitAt(state, lines, offset, along)
      }),
    )
    await commit
  }

  /** Takes lines into memory. Committed within `bufferedMs`, by `flush`, or by the next durable append. */
  async buffer(state: ThreadState, lines: PreparedLines): Promise<void> {
    const offset = moveTail(state, lines)
    const limit = this.#options.referenceBytesMin
    const before = this.#buffered.get(state)
    // What is flushed without an exclusive lock stays small enough to be journaled inline. A piece that is
    // larger than that came under an exclusive lock, and is flushed before the lock goes.
    const full = before !== undefined && before.bytes + lines.bytes.length > limit
    const earlier = full ? this.flush(state) : undefined
    const buffered = this.#buffered.get(state)
    if (buffered) {
      buffered.pieces.push(lines.bytes)
      buffered.bytes += lines.bytes.length
      buffered.count += lines.count
      buffered.updatedAt = Math.max(buffered.updatedAt, lines.updatedAt)
      buffered.preview ??= lines.preview
    } else {
      const { bytes, ...rest } = lines
      this.#buffered.set(state, { ...rest, pieces: [bytes], bytes: bytes.length, offset })
    }
    this.#cancelTimer ??= this.#clock.schedule(this.#options.bufferedMs, () => {
      this.#cancelTimer = undefined
      // A failure latches the store, and the next flush or append tells the caller; if there is none, `close` does.
      const flushed = [...this.#buffered.keys()]
      this.flushAll().catch(() => {
        for (const one of flushed) this.#lostThreads.add(one)
      })
    })
    if (lines.bytes.length > limit) await this.flush(state)
    else await earlier
  }

  /** Commits what is buffered for one thread. Durable when it resolves. */
  flush(state: ThreadState): Promise<void> {
    const before = this.#flushing.get(state) ?? Promise.resolve()
    const buffered = this.#buffered.get(state)
    if (!buffered) return before
    this.#buffered.delete(state)
    const { pieces, offset, ...rest } = buffered
    const lines = { ...rest, bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces) }
    return this.#inTurn(
      state,
      before.then(() => this.#commitAt(state, lines, offset)),
    )
  }

  #inTurn(state: ThreadState, turn: Promise<void>): Promise<void> {
    const flushing = turn.finally(() => {
      if (this.#flushing.get(state) === flushing) this.#flushing.delete(state)
    })
    this.#flushing.set(state, flushing)
    return flushing
  }

  async flushAll(): Promise<void> {
    await Promise.all(
      [...new Set([...this.#buffered.keys(), ...this.#flushing.keys()])].map((s) => this.flush(s)),
    )
  }

  /** True where accepted lines are not durable and no caller that waits was told so. */
  get hasLost(): boolean {
    return this.#lostThreads.size > 0 || this.#buffered.size > 0
  }

  /** The threads of those lines. */
  lost(): ThreadId[] {
    return [...new Set([...this.#lostThreads, ...this.#buffered.keys()])].map((s) => s.threadId)
  }

  hasBuffered(state: ThreadState): boolean {
    return this.#buffered.has(state) || this.#flushing.has(state)
  }

  /** Resolves when every commit that had begun is in its file, or has failed. */
  settled(): Promise<void> {
    return this.#commits.settled()
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  #commitAt(
    state: ThreadState,
    lines: PreparedLines,
    offset: number,
    along: Along = nothingAlong,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commits.commit(state, lines, offset, along, { done: resolve, failed: reject })
    })
  }
}
