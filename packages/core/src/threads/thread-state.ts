// A thread in memory: its committed row, what of it LevelDB holds, and where the next append goes.

import type { ReservedSection, Section } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreError } from '@cenotaph/storage'
import type { IdempotencyKeys } from '../append/idempotency.js'
import type { AttachmentKeys } from '../attachments/attachment-keys.js'
import { currentRollout, type ThreadRow } from './thread-row.js'

/** Where the next line of a thread goes, counting lines that are accepted but not committed yet. */
export interface Tail {
  ordinal: number
  offset: number
  endsWithNewline: boolean
}

/** A recorder that holds the thread. It is told when the thread ends under it. */
export interface LiveWriter {
  end(error: StoreError): void
}

export interface Kin {
  readonly asOf: number
  readonly forks: readonly ThreadId[]
  readonly children: readonly ThreadId[]
}

/** Told when a thread looks different from now on. */
export interface ThreadObserver {
  rowChanged(state: ThreadState, before: ThreadRow): void
  parkingChanged(): void
}

const nobody: ThreadObserver = { rowChanged: () => {}, parkingChanged: () => {} }

export class ThreadState {
  readonly threadId: ThreadId
  readonly #observer: ThreadObserver
  #row: ThreadRow
  /** The row as LevelDB holds it; differs from `row` between checkpoints. */
  persisted: ThreadRow | undefined
  tail: Tail
  keys: IdempotencyKeys | undefined
  /** Secret and handles of its attachments, once they were asked for. */
  attachments: Promise<AttachmentKeys> | undefined
  /** Sequence of the newest journal record that holds lines of this thread; 0 when there is none. */
  lastSequence = 0
  /** Journaled lines that are not in the file yet; they outlive the journal while the thread is parked. */
  carried: (Section | ReservedSection)[] = []
  /** Lines committed since the last ItemsAppended event. */
  unrecorded: { first: number; count: number; bytes: number } | undefined
  #unavailable: StoreError | undefined
  /** The live writer, if a recorder holds this thread. */
  writer: LiveWriter | undefined
  /** What the index says of its relatives, as of a number of changes. */
  kin: Kin | undefined

  constructor(row: ThreadRow, persisted: ThreadRow | undefined, observer = nobody) {
    this.threadId = row.threadId
    this.#row = row
    this.persisted = persisted
    this.tail = tailOf(row)
    this.#observer = observer
  }

  /** Committed: journaled, or made durable by an operation. */
  get row(): ThreadRow {
    return this.#row
  }

  set row(row: ThreadRow) {
    const before = this.#row
    this.#row = row
    this.#observer.rowChanged(this, before)
  }

  /** Why this thread is parked; it is read as far as possible and takes no writes. */
  get unavailable(): StoreError | undefined {
    return this.#unavailable
  }

  set unavailable(error: StoreError | undefined) {
    this.#unavailable = error
    this.#observer.parkingChanged()
  }

  get dirty(): boolean {
    return this.row !== this.persisted || this.unrecorded !== undefined || this.keys?.dirty === true
  }

  /** True while memory holds what nothing else does: lines that are accepted and not committed, or carried. */
  get holdsLines(): boolean {
    return this.tail.offset !== currentRollout(this.row).bytes || this.carried.length > 0
  }

  /** Takes a row that an operation committed, and lets appends continue behind it. */
  replaceRow(row: ThreadRow): void {
    this.row = row
    this.persisted = row
    this.tail = tailOf(row)
    // An operation that replaces the row may have changed values too.
    this.attachments = undefined
  }
}

export function tailOf(row: ThreadRow): Tail {
  const { nextOrdinal, bytes, endsWithNewline } = currentRollout(row)
  return { ordinal: nextOrdinal, offset: bytes, endsWithNewline }
}
