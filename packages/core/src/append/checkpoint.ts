// Checkpoints: make the rollouts durable, then let the journal forget what it held for them. One batch trims
// the append groups, writes the rows that changed and records the ItemsAppended events; then the anchor; then
// the trimmed range is physically erased once it is worth it. Appends go on meanwhile.

import type { BatchOperation, Sequence } from '@cenotaph/journal'
import type { Clock } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { EventPlan } from '../events/event-log.js'
import type { NewEvent } from '../lifecycle/operation.js'
import type { ThreadState } from '../threads/thread-state.js'
import { rowOperations } from '../threads/thread-table.js'
import { carryOperations } from './carried.js'
import { keysKey } from './idempotency.js'

export class Checkpoints {
  readonly #context: StoreContext
  readonly #clock: Clock
  #running: Promise<void> | undefined
  #cancelQuiet: (() => void) | undefined
  #trimmed = 0
  /** Of the last append, in monotonic milliseconds. */
  #appendedMs = 0

  constructor(context: StoreContext) {
    this.#context = context
    this.#clock = context.clock
  }

  /** Called after each append: starts a checkpoint by size, or plans one for a quiet moment. */
  noteAppend(): void {
    const { journal, options } = this.#context
    if (journal.journaledBytes >= options.checkpointBytes) this.#inBackground()
    this.#appendedMs = this.#clock.monotonicMs()
    this.#cancelQuiet ??= this.#clock.schedule(options.quietMs, () => this.#whenQuiet())
  }

  /** One timer a quiet time, not one an append: it looks how long ago the last one was. */
  #whenQuiet(): void {
    const restMs = this.#appendedMs + this.#context.options.quietMs - this.#clock.monotonicMs()
    this.#cancelQuiet =
      restMs > 0 ? this.#clock.schedule(restMs, () => this.#whenQuiet()) : undefined
    if (restMs <= 0) this.#inBackground()
  }

  /** Runs one checkpoint that begins after this call. Nothing is journaled for an earlier append afterwards. */
  async run(options: { readonly erase?: boolean } = {}): Promise<void> {
    while (this.#running) await this.#running.catch(ignore)
    const through = this.#context.journal.lastSequence
    this.#running = runCheckpoint(this.#context, through, options.erase ?? false)
    try {
      await this.#running
      this.#trimmed = through
    } finally {
      this.#running = undefined
    }
  }

  /** Whether the journal still holds lines up to this sequence. */
  holds(sequence: number): boolean {
    return sequence > this.#trimmed
  }

  stop(): void {
    this.#cancelQuiet?.()
    this.#cancelQuiet = undefined
  }

  async stopped(): Promise<void> {
    this.stop()
    while (this.#running) await this.#running.catch(ignore)
  }

  #inBackground(): void {
    if (this.#running || this.#context.journal.failure) return
    // A failed checkpoint latches the store; nothing that the journal holds is lost by it.
    this.run().catch(ignore)
  }
}

const ignore = (): void => {}

async function runCheckpoint(
  context: StoreContext,
  through: Sequence,
  erase: boolean,
): Promise<void> {
  const { journal, appends, writers, threads, identity, signingKey } = context
  await context.crashPoint('checkpoint.sync:before')
  await appends.settled()
  if (journal.failure) throw journal.failure
  await writers.syncAll()
  await context.crashPoint('checkpoint.sync:after')
  // Only what the records up to `through` describe has to be written before they go.
  const states = [...threads.dirty()]
  while (states.length > THREADS_A_BATCH) {
    const some = states.splice(0, THREADS_A_BATCH)
    await journal.commit(() => rowsBatch(context, some))
  }
  await journal.checkpoint(through, () => {
    const { operations, applied, events } = rowsBatch(context, states)
    for (const state of threads.parked()) operations.push(...carryOperations(context, state))
    return {
      operations,
      anchor: {
        storeId: identity.storeId,
        epoch: identity.epoch,
        logSize: events.merkle.sizeAfter,
        rootHash: Buffer.from(events.merkle.rootAfter).toString('hex'),
        keyFingerprint: signingKey.fingerprint,
      },
      applied,
    }
  })
  await context.crashPoint('checkpoint.anchor:after')
  await journal.eraseTrimmed(erase)
  const { layout, options } = context
  if ((await journal.logBytes(layout.levelFolder)) > options.levelLogBytesMax) {
    await journal.reopenLevel()
  }
}

/** One batch of a checkpoint stays small, so that an append does not wait long behind it. */
const THREADS_A_BATCH = 100

/** Rows and keys of some threads, each in one batch with the event that tells of its lines. */
function rowsBatch(
  context: StoreContext,
  states: readonly ThreadState[],
): { operations: BatchOperation[]; events: EventPlan; applied: () => void } {
  const operations: BatchOperation[] = []
  const recorded: NewEvent[] = []
  const applies: (() => void)[] = []
  for (const state of states) {
    if (context.dead.has(state.threadId)) continue
    const { row, persisted, keys, unrecorded } = state
    if (row !== persisted) operations.push(...rowOperations(persisted, row))
    const keysSaved = keys?.dirty ? keys.beginSave() : undefined
    if (keys && keysSaved) {
      operations.push({ type: 'put', key: keysKey(state.threadId), body: keys.encode() })
    }
    if (unrecorded) {
      const { first: firstOrdinal, count: items, bytes } = unrecorded
      const payload = { firstOrdinal, items, bytes }
      recorded.push({ type: 'items.appended', threadId: state.threadId, payload })
    }
    applies.push(() => {
      state.persisted = row
      keysSaved?.()
      state.unrecorded = subtract(state.unrecorded, unrecorded)
    })
  }
  const events = context.events.plan(recorded)
  return {
    operations: [...operations, ...events.operations],
    events,
    applied: () => {
      events.apply()
      for (const apply of applies) apply()
    },
  }
}

type Unrecorded = { first: number; count: number; bytes: number } | undefined

/** What came after the event was built stays for the next one. */
function subtract(now: Unrecorded, done: Unrecorded): Unrecorded {
  if (!now || !done || now.count === done.count) return done ? undefined : now
  return {
    first: done.first + done.count,
    count: now.count - done.count,
    bytes: now.bytes - done.bytes,
  }
}
