// Appends: journal first, then the rollout, then the caller. One synced batch carries all lines that wait,
// of all threads; the bytes follow at their offsets; then the promises resolve. Survives a crash between any
// two of these: what the journal holds is written again at open.
//
// Callers hold the thread's lock (shared, or exclusive for a large batch), so a thread cannot be archived,
// rewritten or deleted between the moment a line gets its ordinal and the moment it is in the file.

import { crc32 } from 'node:zlib'
import type { BatchOperation, Journal, Section } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { type Clock, isStoreError, StoreError } from '@cenotaph/storage'
import { noCrashPoint, type ResolvedOptions } from '../options.js'
import type { ThreadState } from '../threads/thread-state.js'
import { advanceRow, moveTail, noteUnrecorded } from './advance.js'
import { decodeTag, IdempotencyKeys } from './idempotency.js'
import type { PreparedLines } from './prepared-lines.js'
import { parksThread, type RolloutWriters } from './rollout-writers.js'

/** Instants that an append passes, in order; a large one passes the reserve first. */
export const appendCrashPoints = [
  'append.reserve:before',
  'append.reserve:after',
  'append.intend:before',
  'append.intend:after',
  'append.write:before',
  'append.write:after',
] as const

interface Buffered {
  pieces: Uint8Array[]
  bytes: number
  first: number
  count: number
  offset: number
  updatedAt: number
  preview: string | undefined
}

/** What the batch of an append holds beside its lines. */
export interface Along {
  readonly tag?: Uint8Array | undefined
  readonly rows?: readonly BatchOperation[] | undefined
}

export class AppendQueue {
  readonly #journal: Journal
  readonly #writers: RolloutWriters
  readonly #clock: Clock
  readonly #options: ResolvedOptions
  readonly #buffered = new Map<ThreadState, Buffered>()
  readonly #flushing = new Map<ThreadState, Promise<void>>()
  readonly #inFlight = new Set<Promise<void>>()
  #cancelTimer: (() => void) | undefined
  readonly #lostThreads = new Set<ThreadState>()
  /** Called after every committed append; the checkpoint's trigger. */
  onCommitted: () => void = () => {}

  constructor(journal: Journal, writers: RolloutWriters, clock: Clock, options: ResolvedOptions) {
    this.#journal = journal
    this.#writers = writers
    this.#clock = clock
    this.#options = options
  }

  /**
   * Commits lines that begin at the thread's tail, and moves the tail at once. Durable when it resolves.
   * What was buffered before them goes first.
   */
  async commit(state: ThreadState, lines: PreparedLines, along: Along = {}): Promise<void> {
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
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#inFlight])
  }

  stop(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }

  async #commitAt(
    state: ThreadState,
    lines: PreparedLines,
    offset: number,
    along: Along = {},
  ): Promise<void> {
    const commit = this.#journalAndWrite(state, lines, offset, along)
    this.#inFlight.add(commit)
    try {
      await commit
    } finally {
      this.#inFlight.delete(commit)
    }
  }

  async #journalAndWrite(
    state: ThreadState,
    lines: PreparedLines,
    offset: number,
    along: Along = {},
  ): Promise<void> {
    const { tag, rows } = along
    const place = {
      subject: state.threadId,
      generation: state.row.generation,
      offset,
      first: lines.first,
      count: lines.count,
      ...(tag ? { tag } : {}),
    }
    try {
      const sequence =
        lines.bytes.length > this.#options.referenceBytesMin
          ? await this.#commitByReference(state, place, lines.bytes, rows)
          : await this.#commitInline(state, { ...place, bytes: lines.bytes }, rows)
      state.lastSequence = sequence
    } catch (error) {
      throw this.#failed(state, error)
    }
    state.row = advanceRow(state.row, lines)
    noteUnrecorded(state, lines)
    if (tag) {
      state.keys ??= new IdempotencyKeys()
      state.keys.add(decodeTag(tag), this.#journal.storeTimeMs())
    }
    this.onCommitted()
  }

  async #commitInline(state: ThreadState, section: Section, rows: Along['rows']): Promise<number> {
    await this.#reach('append.intend:before')
    const sequence = await this.#journal.append(section, undefined, rows)
    state.lastSequence = sequence
    state.carried.push(section)
    await this.#reach('append.intend:after')
    await this.#reach('append.write:before')
    await this.#writers.write(state, section.offset, section.bytes)
    await this.#reach('append.write:after')
    state.carried.splice(state.carried.indexOf(section), 1)
    return sequence
  }

  /** Place first, bytes second, their checksum last: recovery cuts only what has a place and no checksum. */
  async #commitByReference(
    state: ThreadState,
    place: Omit<Section, 'bytes'>,
    bytes: Uint8Array,
    rows: Along['rows'],
  ): Promise<number> {
    const { subject, generation, offset } = place
    await this.#reach('append.reserve:before')
    state.lastSequence = await this.#journal.reserve({
      subject,
      generation,
      offset,
      length: bytes.length,
    })
    await this.#reach('append.reserve:after')
    await this.#reach('append.write:before')
    try {
      await this.#writers.writeDurably(state, offset, bytes)
    } catch (error) {
      if (parksThread(error)) await this.#withdraw(state, place)
      throw error
    }
    await this.#reach('append.write:after')
    await this.#reach('append.intend:before')
    const reserved = { ...place, length: bytes.length, crc: crc32(bytes) }
    const sequence = await this.#journal.appendReserved(reserved, undefined, rows)
    await this.#reach('append.intend:after')
    return sequence
  }

  /**
   * Closes a reserve into which nothing was written, because the file was not as it should be. Without this a later
   * recovery would take what another program wrote there for the torn bytes of ours, and cut it.
   */
  async #withdraw(state: ThreadState, place: Omit<Section, 'bytes'>): Promise<void> {
    const { tag: _, ...rest } = place
    const nothing = { ...rest, count: 0, length: 0, crc: 0 }
    state.lastSequence = await this.#journal.appendReserved(nothing)
  }

  /** Only a test seam waits here: without one an append takes no extra turn of the event loop. */
  async #reach(point: string): Promise<void> {
    if (this.#options.crashPoint !== noCrashPoint) await this.#options.crashPoint(point)
  }

  /** After a failed write the tail in memory is not the file's: the thread parks or the store ends. */
  #failed(state: ThreadState, error: unknown): StoreError {
    // The journal says itself whether the record may be there.
    if (isStoreError(error, 'STORE_FAILED') || isStoreError(error, 'STORE_CLOSED')) return error
    if (parksThread(error)) {
      state.unavailable = error
      return new StoreError(error.code, error.message, {
        cause: error,
        outcome: 'unknown',
        detail: error.detail,
      })
    }
    return this.#journal.fail(error)
  }
}
