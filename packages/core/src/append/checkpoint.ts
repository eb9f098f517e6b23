// Checkpoints: make the rollouts durable, then let the journal forget what it held for them. One batch trims
// the append groups, writes the rows that changed and records the ItemsAppended events; then the anchor; then
// the trimmed range is physically erased once it is worth it. Appends go on meanwhile.

import type { BatchOperation, Sequence } from '@cenotaph/journal'
import type { Clock } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { NewEvent } from '../lifecycle/operation.js'
import { rowOperations } from '../threads/thread-table.js'
import { carryOperations } from './carried.js'
import { keysKey } from './idempotency.js'

export class Checkpoints {
  readonly #context: StoreContext
  readonly #clock: Clock
  #running: Promise<void> | undefined
  #cancelQuiet: (() => void) | undefined
  #trimmed = 0

  constructor(context: StoreContext) {
    this.#context = context
    this.#clock = context.clock
  }

  /** Called after each append: starts a checkpoint by size, or plans one for a quiet moment. */
  noteAppend(): void {
    const { journal, options } = this.#context
    if (journal.journaledBytes >= options.checkpointBytes) this.#inBackground()
    this.#cancelQuiet?.()
    this.#cancelQuiet = this.#clock.schedule(options.quietMs, () => this.#inBackground())
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
  const { journal, appends, writers, threads, events, identity, signingKey } = context
  await context.crashPoint('checkpoint.sync:before')
  await appends.settled()
  if (journal.failure) throw journal.failure
  await writers.syncAll()
  await context.crashPoint('checkpoint.sync:after')
  await journal.checkpoint(through, () => {
    const operations: BatchOperation[] = []
    const recorded: NewEvent[] = []
    const applies: (() => void)[] = []
    for (const state of threads.parked()) operations.push(...carryOperations(context, state))
    for (const state of threads.dirty()) {
      if (context.dead.has(state.threadId)) continue
      const { row, persisted, keys, unrecorded } = state
      if (row !== persisted) operations.push(...rowOperations(persisted, row))
      if (keys?.dirty)
        operations.push({ type: 'put', key: keysKey(state.threadId), body: keys.encode() })
      if (unrecorded) {
        recorded.push({
          type: 'items.appended',
          threadId: state.threadId,
          payload: {
            firstOrdinal: unrecorded.first,
            items: unrecorded.count,
            bytes: unrecorded.bytes,
          },
        })
      }
      applies.push(() => {
        state.persisted = row
        if (keys) keys.dirty = false
        state.unrecorded = subtract(state.unrecorded, unrecorded)
      })
    }
    const planned = events.plan(recorded)
    return {
      operations: [...operations, ...planned.operations],
      anchor: {
        storeId: identity.storeId,
        epoch: identity.epoch,
        logSize: planned.firstPosition + recorded.length,
        rootHash: Buffer.from(planned.merkle.rootAfter).toString('hex'),
        keyFingerprint: signingKey.fingerprint,
      },
      applied: () => {
        planned.apply()
        for (const apply of applies) apply()
      },
    }
  })
  await context.crashPoint('checkpoint.anchor:after')
  await journal.eraseTrimmed(erase)
  const { layout, options } = context
  if ((await journal.logBytes(layout.levelFolder)) > options.levelLogBytesMax) {
    await journal.reopenLevel()
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
