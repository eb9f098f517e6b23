// How lines that have their place are committed. Small ones: one synced batch carries all that wait, of all threads; the
// bytes follow into the rollouts (landings.ts); then the callers are told. Large ones go by reference: their place is
// journaled, the bytes are written and made durable, and their checksum commits them. Survives a crash between any two
// of these: what the journal holds is written again at open, and what has a place and no checksum is cut.

import { crc32 } from 'node:zlib'
import type { BatchOperation, Journal, Section } from '@cenotaph/journal'
import { isStoreError, StoreError } from '@cenotaph/storage'
import { noCrashPoint, type ResolvedOptions } from '../options.js'
import type { ThreadState } from '../threads/thread-state.js'
import { advanceRow, noteUnrecorded } from './advance.js'
import { decodeTag, IdempotencyKeys } from './idempotency.js'
import { Landings } from './landings.js'
import type { Outcome } from './outcome.js'
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

/** What the batch of an append holds beside its lines. */
export interface Along {
  readonly tag?: Uint8Array | undefined
  readonly rows?: readonly BatchOperation[] | undefined
}

export class Commits {
  readonly #journal: Journal
  readonly #writers: RolloutWriters
  readonly #options: ResolvedOptions
  readonly #landings: Landings
  readonly #reach: ((point: string) => Promise<void>) | undefined
  #underway = 0
  #onIdle: (() => void)[] = []
  /** Called when lines of a thread are committed; the checkpoint's trigger. */
  onCommitted: () => void = () => {}

  constructor(journal: Journal, writers: RolloutWriters, options: ResolvedOptions) {
    this.#journal = journal
    this.#writers = writers
    this.#options = options
    // Without a test seam an append takes no extra turn of the event loop.
    this.#reach =
      options.crashPoint === noCrashPoint
        ? undefined
        : async (point) => {
            await options.crashPoint(point)
          }
    this.#landings = new Landings({
      writers,
      reach: this.#reach,
      onLanded: (state, landed) => this.#moveOn(state, landed),
    })
  }

  /** Resolves when every commit that had begun is in its file, or has failed. */
  async settled(): Promise<void> {
    if (this.#underway > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /** Commits lines at their place. The outcome is told when they are durable and in their file. */
  commit(
    state: ThreadState,
    lines: PreparedLines,
    offset: number,
    along: Along,
    { done, failed }: Outcome,
  ): void {
    this.#underway += 1
    const { tag, rows } = along
    const { bytes, first, count } = lines
    const place = {
      subject: state.threadId,
      generation: state.row.generation,
      offset,
      first,
      count,
    }
    const outcome: Outcome = {
      done: () => {
        if (tag) this.#noteKey(state, tag)
        this.#ended()
        done()
      },
      failed: (error) => {
        const failure = this.#failed(state, error)
        this.#ended()
        failed(failure)
      },
    }
    if (bytes.length > this.#options.referenceBytesMin) {
      this.#commitByReference(state, tag ? { ...place, tag } : place, bytes, rows).then(() => {
        this.#moveOn(state, lines)
        outcome.done()
      }, outcome.failed)
      return
    }
    const section = tag ? { ...place, bytes, tag } : { ...place, bytes }
    if (this.#reach) {
      this.#reach('append.intend:before').then(
        () => this.#commitInline(state, section, lines, rows, outcome),
        outcome.failed,
      )
    } else this.#commitInline(state, section, lines, rows, outcome)
  }

  #commitInline(
    state: ThreadState,
    section: Section,
    lines: PreparedLines,
    rows: Along['rows'],
    outcome: Outcome,
  ): void {
    const committed = (sequence: number): void => {
      state.lastSequence = sequence
      this.#landings.add({ state, section, lines, outcome })
    }
    this.#journal.appendTold(section, { committed, refused: outcome.failed }, rows)
  }

  /** Place first, bytes second, their checksum last: recovery cuts only what has a place and no checksum. */
  async #commitByReference(
    state: ThreadState,
    place: Omit<Section, 'bytes'>,
    bytes: Uint8Array,
    rows: Along['rows'],
  ): Promise<void> {
    const { subject, generation, offset } = place
    await this.#reach?.('append.reserve:before')
    const reserving = this.#journal.reserve({ subject, generation, offset, length: bytes.length })
    // While the disk is at work.
    const crc = crc32(bytes)
    state.lastSequence = await reserving
    await this.#reach?.('append.reserve:after')
    await this.#reach?.('append.write:before')
    try {
      await this.#writers.writeDurably(state, offset, bytes)
    } catch (error) {
      if (parksThread(error)) await this.#withdraw(state, place)
      throw error
    }
    await this.#reach?.('append.write:after')
    await this.#reach?.('append.intend:before')
    const reserved = { ...place, length: bytes.length, crc }
    state.lastSequence = await this.#journal.appendReserved(reserved, undefined, rows)
    await this.#reach?.('append.intend:after')
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

  #moveOn(state: ThreadState, lines: PreparedLines): void {
    state.row = advanceRow(state.row, lines)
    noteUnrecorded(state, lines)
    this.onCommitted()
  }

  #noteKey(state: ThreadState, tag: Uint8Array): void {
    state.keys ??= new IdempotencyKeys()
    state.keys.add(decodeTag(tag), this.#journal.storeTimeMs())
  }

  #ended(): void {
    this.#underway -= 1
    if (this.#underway === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
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
