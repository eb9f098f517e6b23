// The journal of a store: open intents, append groups and the caller's rows, in one database with one
// commit queue. It does not know what a thread is: a subject is an opaque id.
//
// What it promises: what resolved is durable; what was rejected is absent, or unknown where the error says
// so; a batch is whole or absent; a record that is missing or damaged is an error at open. It survives
// kill -9, power loss, a full disk and an I/O error at any instant.
//
// Every mutation can reject with STORE_FAILED (`outcome` unknown for the batch that failed, absent for
// those behind it), and with STORE_CLOSED after `close`. Reads go on after a failure.

import type { StoreError } from '@cenotaph/storage'
import { unseal } from './checked-value.js'
import type { BatchOperation, Checkpoint, Commit, IntentCommit } from './commit.js'
import { CommitQueue, type Told } from './commit-queue.js'
import { type Erasure, eraseRanges } from './erase.js'
import { FailureLatch } from './failure.js'
import type { Reservation, ReservedSection, Section } from './group.js'
import { HeavyWork } from './heavy-work.js'
import type { JournalOptions } from './journal-options.js'
import { type Appended, JournalState, joiner } from './journal-state.js'
import { keyPages, readKeyPage } from './key-pages.js'
import type { OperationId, Sequence } from './keys.js'
import { type LevelOperation, reading, reopen, writeSynced } from './level.js'
import { type Page, type PageRange, readPage } from './pages.js'
import { ReadGate } from './read-gate.js'
import { type Recovered, recover } from './recovery.js'
import { type JournalParts, runCheckpoint } from './run-checkpoint.js'
import { filesToScan, type KeyRange, logBytes, mergeRanges } from './tables.js'
import { trimmedRanges } from './trimmed-ranges.js'

const GROUP_BYTES_MAX = 4 * 1024 * 1024
const GROUP_SECTIONS_MAX = 4_096
const ERASE_DUE_BYTES = 1024 * 1024
const viewed = { keyEncoding: 'utf8', valueEncoding: 'view' } as const

type Rows = readonly BatchOperation[]

export class Journal {
  readonly #options: JournalOptions
  readonly #state: JournalState
  readonly #latch = new FailureLatch()
  readonly #gate = new ReadGate()
  /** Shares the thread pool among all that would fill it. */
  readonly heavy: HeavyWork
  readonly #queue: CommitQueue<Appended, Sequence>
  readonly #parts: JournalParts
  #checkpoints: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined

  private constructor(options: JournalOptions, state: JournalState) {
    this.#options = options
    this.#state = state
    this.#queue = new CommitQueue({
      write: (operations) => writeSynced(options.level, operations),
      buildGroup: (members) => state.appendGroup(members),
      latch: this.#latch,
      groupBytesMax: GROUP_BYTES_MAX,
      groupMembersMax: GROUP_SECTIONS_MAX,
    })
    this.heavy = new HeavyWork(() => this.#queue.isBusy)
    this.#parts = { options, state, latch: this.#latch, queue: this.#queue }
  }

  /**
   * Reads and checks everything that is in flight, and writes nothing. Errors: JOURNAL_GAP `{ reason }`
   * where a group, an intent, the anchor or the whole state is missing or older than it was; LEVEL_DAMAGED
   * `{ key }` for a value that differs from its checksum; STORE_FORMAT_NEWER. After a rejection the
   * database is still open, and the caller's to close.
   */
  static async open(options: JournalOptions): Promise<{ journal: Journal; recovered: Recovered }> {
    const recovery = await recover(options)
    const state = new JournalState(options.clock, options.entropy, recovery)
    // What an earlier run trimmed may not be erased yet, and nothing says how much that was.
    if (recovery.meta) state.unerasedBytes = ERASE_DUE_BYTES
    const { intents, groups, meta, anchor } = recovery
    return { journal: new Journal(options, state), recovered: { intents, groups, meta, anchor } }
  }

  /** STORE_FAILED, once a write has failed. `detail.diskFull` says whether the disk was full. */
  get failure(): StoreError | undefined {
    return this.#latch.failure
  }

  /** Calls back once, synchronously, and must not throw; at once after a failure. Returns the way to stop it. */
  onFailure(listener: (failure: StoreError) => void): () => void {
    return this.#latch.onFailure(listener)
  }

  /** Latches STORE_FAILED for a write or a sync that failed outside of the journal. */
  fail(cause: unknown): StoreError {
    return this.#latch.fail(cause)
  }

  /** Milliseconds since 1970-01-01 UTC: the wall clock, but never less than ever before in this store. */
  storeTimeMs(): number {
    return this.#state.storeTimeMs()
  }

  /** The newest append group; 0 before the first. */
  get lastSequence(): Sequence {
    return this.#state.meta.lastSequence as Sequence
  }

  /** Stored bytes of the append groups that no checkpoint has trimmed. */
  get journaledBytes(): number {
    return this.#state.journaledBytes
  }

  /**
   * One batch of rows, alone. `build` runs in the same turn of the event loop in which the batch is issued,
   * with nothing else in flight; what it throws is the rejection, and nothing is written. Durable when it
   * resolves, with what `applied` gave.
   */
  commit<T = void>(build: () => Commit<T>): Promise<T> {
    return this.#queue.commit(() => this.#state.commit(build()))
  }

  /**
   * An id for an operation that leaves traces before its intent: staged bytes, a tombstone. Until it is used or
   * released, no erasure touches the key that its intent would have.
   */
  reserveOperationId(): OperationId {
    return this.#state.reserveOperationId()
  }

  releaseOperationId(id: OperationId): void {
    this.#state.releaseOperationId(id)
  }

  /** Whether an id is reserved, or an intent of it is open. */
  isUnderWay(id: string): boolean {
    return this.#state.isUnderWay(id as OperationId)
  }

  /** Resolves when the batch that is being written now, if there is one, is in LevelDB's log as a whole. */
  written(): Promise<void> {
    return this.#queue.pause(async () => {})
  }

  /** Opens an intent, in one batch with rows, under a reserved `id` or a new one. New ids ascend in commit order. */
  intend<T = void>(
    kind: string,
    build: (id: OperationId) => IntentCommit<T>,
    id?: OperationId,
  ): Promise<{ id: OperationId; result: T }> {
    return this.#queue.commit(() => this.#state.openIntent(kind, build, id))
  }

  /** Rewrites the body of an open intent (ARGUMENT_INVALID for any other). Durable when it resolves. */
  amend(id: OperationId, body: Uint8Array): Promise<void> {
    return this.#queue.commit(() => this.#state.amendIntent(id, body))
  }

  /** Closes an open intent (ARGUMENT_INVALID for any other), in one batch with rows. Durable when it resolves. */
  settle<T = void>(id: OperationId, build: () => Commit<T>): Promise<T> {
    return this.#queue.commit(() => this.#state.settleIntent(id, build))
  }

  /**
   * Joins the append group that is issued next. `check` runs synchronously when it is issued, and may throw
   * to refuse this section only. Resolves, in order of sequence, when the bytes are durable in the journal:
   * the caller then writes them at their offset, and replay does if it could not. Rows of the caller that are given
   * along are in the same batch: both are there, or neither.
   */
  append(section: Section, check?: () => void, rows?: Rows): Promise<Sequence> {
    return this.#queue.join(joiner(section, rows, check))
  }

  /** As {@link append}, without a promise: both callbacks run in the turn in which it is known, and must not throw. */
  appendTold(section: Section, told: Told<Sequence>, rows: Rows = []): void {
    this.#queue.joinTold(joiner(section, rows), told)
  }

  /** Journals a place before its bytes are written, so that recovery may cut them. As {@link append}. */
  reserve(reservation: Reservation, check?: () => void): Promise<Sequence> {
    return this.#queue.join(joiner(reservation, [], check))
  }

  /** Commits bytes that the caller has made durable inside of a reserve. As {@link append}. */
  appendReserved(section: ReservedSection, check?: () => void, rows?: Rows): Promise<Sequence> {
    return this.#queue.join(joiner(section, rows, check))
  }

  /**
   * Trims the groups up to `through`, of which the caller has made durable what they describe. One batch
   * with the caller's rows, then the anchor. Both are durable when it resolves. A failure to write the
   * anchor latches STORE_FAILED; the batch stands, and an older anchor beside it is sound.
   */
  checkpoint(through: Sequence, build: () => Checkpoint): Promise<void> {
    const run = this.#checkpoints.then(() => runCheckpoint(this.#parts, through, build))
    this.#checkpoints = run.catch(() => {})
    return run
  }

  /** The body under a key; undefined where there is none. Errors: LEVEL_DAMAGED `{ key }`, STORE_CLOSED. */
  async get(key: string): Promise<Uint8Array | undefined> {
    return (await this.getMany([key]))[0]
  }

  /** As {@link get}, in the order of `keys`. */
  getMany(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return this.#gate.read(async () => {
      const { level } = this.#options
      const values = await reading(() => level.getMany([...keys], viewed))
      return values.map((value, index) => value && unseal(keys[index]!, value))
    })
  }

  /** Up to 1,000 rows; see {@link readPage}. */
  page(range: PageRange): Promise<Page> {
    return this.#gate.read(() => readPage(this.#options.level, range))
  }

  /** The keys that lie in ranges, in order, in lists of at most 500: no iterator is open while one is handed out. */
  keysIn(ranges: readonly KeyRange[]): AsyncGenerator<readonly string[]> {
    const merged = mergeRanges(ranges)
    const { level } = this.#options
    return keyPages(merged, (place) => this.#gate.read(() => readKeyPage(level, merged, place)))
  }

  /**
   * Physically erases what ranges held whose keys were deleted by committed batches. Waits for reads in
   * flight and holds new ones; appends go on. See erase.ts for the recipe, the errors and their meaning.
   * Proven only by a scan of {@link filesToScan}, and, for power loss, by an fsync of the folder. With `keepLive` what
   * keys hold now stays, what they held before goes; nobody else may write to them meanwhile.
   */
  eraseRanges(ranges: readonly KeyRange[], { keepLive } = { keepLive: false }): Promise<Erasure> {
    return this.#erase(() => ranges, keepLive)
  }

  /** As {@link eraseRanges}, in one with what {@link eraseTrimmed} erases. */
  async eraseWithTrimmed(ranges: readonly KeyRange[]): Promise<Erasure> {
    const bytes = this.#state.unerasedBytes
    const erasure = await this.#erase(() => [...ranges, ...trimmedRanges(this.#state)], false)
    this.#state.unerasedBytes = Math.max(0, this.#state.unerasedBytes - bytes)
    return erasure
  }

  #erase(rangesOf: () => readonly KeyRange[], keepLive: boolean): Promise<Erasure> {
    return this.#gate.erase(async () => {
      // A database that failed a write may answer a compaction without having done it.
      const failed = this.#latch.errorFor('absent')
      if (failed) throw failed
      const { level, disk } = this.#options
      const write = (operations: readonly LevelOperation[]) =>
        this.#queue.commit(() => ({ operations, applied: () => {} }))
      const storedValue = (key: string) => reading(() => level.get(key, viewed))
      return eraseRanges(level, write, rangesOf(), {
        inPlace: { disk, fail: (cause) => this.#latch.fail(cause) },
        heavy: this.heavy,
        ...(keepLive ? { storedValue } : {}),
      })
    })
  }

  /**
   * Physically erases trimmed groups and settled intents, where that is due (1 MiB of them) or forced.
   * False where it was not due. Old bodies of an intent that is still open go once it is settled.
   */
  async eraseTrimmed(force = false): Promise<boolean> {
    if (!force && this.#state.unerasedBytes < ERASE_DUE_BYTES) return false
    await this.eraseWithTrimmed([])
    return true
  }

  /** Paths of LevelDB's files in `folder` that may hold values of the ranges; never LOCK. */
  filesToScan(ranges: readonly KeyRange[], folder: string): Promise<readonly string[]> {
    return filesToScan(this.#options.level, this.#options.disk, ranges, folder)
  }

  /** Starts LOG and MANIFEST anew. Should another process take the lock in between: STORE_FAILED, nothing lost. */
  reopenLevel(): Promise<void> {
    return this.#gate.erase(() => this.#queue.pause(() => reopen(this.#options.level)))
  }

  /** Bytes of LOG and MANIFEST in `folder`. */
  logBytes(folder: string): Promise<number> {
    return logBytes(this.#options.disk, folder)
  }

  /** Refuses new mutations, waits for those under way and for reads, and closes the database. */
  close(): Promise<void> {
    this.#closing ??= this.#closeNow()
    return this.#closing
  }

  async #closeNow(): Promise<void> {
    await this.#checkpoints
    // An erasure under way still needs the queue.
    await this.#gate.erase(async () => {})
    await this.#queue.close()
    await this.#gate.erase(() => this.#options.level.close())
  }
}
