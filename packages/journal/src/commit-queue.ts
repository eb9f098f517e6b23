// One commit queue a store, first in, first out. State is checked in memory and the batch issued in the
// same turn of the event loop, and at most one batch is in flight: LevelDB has no compare-and-set, and
// this stands in for it. Appends that wait next to each other share a batch; every other commit has one
// to itself.
//
// Survives: a refusal (only its own commit is rejected, nothing is written), a failed batch (everything
// behind it is rejected, and so is everything later).

import { StoreError } from '@cenotaph/storage'
import type { FailureLatch } from './failure.js'
import type { LevelOperation } from './level.js'

/** What is written at once, and what happens in memory right after. */
export interface Batch<T> {
  readonly operations: readonly LevelOperation[]
  /** Runs synchronously once the batch is durable and before the next one is built. Must not throw. */
  readonly applied: () => T
}

/** One append of a group. */
export interface Joiner<M> {
  readonly member: M
  /** Bytes that the member adds to the group. */
  readonly bytes: number
  /** Runs synchronously when the group is issued; throws to refuse this member only. */
  readonly check?: (() => void) | undefined
}

/** Told in the turn in which it is known, before anything else of the queue happens. */
export interface Told<S> {
  readonly committed: (value: S) => void
  readonly refused: (error: unknown) => void
}

interface Waiting<M> {
  readonly build?: () => Batch<unknown>
  readonly joiner?: Joiner<M>
  readonly pause?: () => Promise<unknown>
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

interface Issued {
  readonly operations: readonly LevelOperation[]
  readonly applied: () => void
  readonly reject: (error: unknown) => void
}

export interface CommitQueueOptions<M, S> {
  readonly write: (operations: readonly LevelOperation[]) => Promise<void>
  /** Makes the batch of a group; `applied` gives what every member's caller gets. */
  readonly buildGroup: (members: readonly M[]) => Batch<S>
  readonly latch: FailureLatch
  /** A group takes no further member once it holds this many bytes. */
  readonly groupBytesMax: number
  readonly groupMembersMax: number
}

export class CommitQueue<M, S> {
  readonly #options: CommitQueueOptions<M, S>
  #waiting: Waiting<M>[] = []
  #run: Promise<void> | undefined
  #closed = false

  constructor(options: CommitQueueOptions<M, S>) {
    this.#options = options
  }

  /** Whether a batch is in flight or something waits for its turn. */
  get isBusy(): boolean {
    return this.#run !== undefined
  }

  commit<T>(build: () => Batch<T>): Promise<T> {
    return this.#enqueue<T>((resolve, reject) => ({ build, resolve, reject }))
  }

  join(joiner: Joiner<M>): Promise<S> {
    return this.#enqueue<S>((resolve, reject) => ({ joiner, resolve, reject }))
  }

  /** As {@link join}, without a promise; a refusal may come before it returns. Neither callback may throw. */
  joinTold(joiner: Joiner<M>, { committed, refused }: Told<S>): void {
    const error = this.#refusal()
    if (error) refused(error)
    else this.#push({ joiner, resolve: committed as Waiting<M>['resolve'], reject: refused })
  }

  /** Runs something while nothing is in flight; what comes later waits. A failure of it ends the queue. */
  pause(run: () => Promise<void>): Promise<void> {
    return this.#enqueue<void>((resolve, reject) => ({ pause: run, resolve, reject }))
  }

  /** Refuses new commits from now on; resolves when those that wait have ended. */
  async close(): Promise<void> {
    this.#closed = true
    while (this.#run) await this.#run
  }

  #enqueue<T>(
    entry: (resolve: (value: T) => void, reject: (error: unknown) => void) => Waiting<M>,
  ): Promise<T> {
    const error = this.#refusal()
    if (error) return Promise.reject(error)
    return new Promise<T>((resolve, reject) => this.#push(entry(resolve, reject)))
  }

  #refusal(): StoreError | undefined {
    if (this.#closed) return new StoreError('STORE_CLOSED', 'the store is closed')
    return this.#options.latch.errorFor('absent')
  }

  #push(waiting: Waiting<M>): void {
    this.#waiting.push(waiting)
    this.#run ??= this.#drain()
  }

  async #drain(): Promise<void> {
    // One turn of the microtask queue, so that appends of the same moment share the first batch too.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      if (this.#rejectIfFailed()) break
      const { pause, resolve, reject } = this.#waiting[0]!
      if (pause) {
        this.#waiting.shift()
        await pause().then(resolve as () => void, (error: unknown) => {
          this.#options.latch.fail(error)
          reject(this.#options.latch.errorFor('absent'))
        })
        continue
      }
      const issued = this.#issue()
      if (!issued) continue
      try {
        await this.#options.write(issued.operations)
        issued.applied()
      } catch (error) {
        this.#options.latch.fail(error)
        issued.reject(this.#options.latch.errorFor('unknown'))
      }
    }
    this.#run = undefined
  }

  #rejectIfFailed(): boolean {
    if (!this.#options.latch.failure) return false
    const ended = this.#waiting
    this.#waiting = []
    for (const { reject } of ended) reject(this.#options.latch.errorFor('absent'))
    return true
  }

  /** Builds the next batch; undefined where everything in it was refused. */
  #issue(): Issued | undefined {
    const head = this.#waiting[0]!
    if (!head.build) return this.#issueGroup()
    this.#waiting.shift()
    const { resolve, reject } = head
    return this.#guard([head], () => {
      const batch = head.build!()
      return {
        operations: batch.operations,
        applied: () => resolve(batch.applied() as never),
        reject,
      }
    })
  }

  #issueGroup(): Issued | undefined {
    const admitted = this.#admit()
    if (admitted.length === 0) return undefined
    return this.#guard(admitted, () => {
      const batch = this.#options.buildGroup(admitted.map(({ joiner }) => joiner!.member))
      return {
        operations: batch.operations,
        applied: () => {
          const value = batch.applied()
          for (const { resolve } of admitted) resolve(value as never)
        },
        reject: (error) => {
          for (const { reject } of admitted) reject(error)
        },
      }
    })
  }

  /** Takes the appends at the head of the queue, up to the limits of a group, without the refused. */
  #admit(): Waiting<M>[] {
    const { groupBytesMax, groupMembersMax } = this.#options
    const admitted: Waiting<M>[] = []
    let taken = 0
    let bytes = 0
    for (const waiting of this.#waiting) {
      if (!waiting.joiner || bytes >= groupBytesMax || admitted.length >= groupMembersMax) break
      taken++
      const { check, bytes: added } = waiting.joiner
      if (!this.#guard([waiting], () => check?.() ?? true)) continue
      admitted.push(waiting)
      bytes += added
    }
    this.#waiting.splice(0, taken)
    return admitted
  }

  /** Runs a caller's or a builder's code; what it throws refuses `waiting` and nothing else. */
  #guard<T>(waiting: readonly Waiting<M>[], run: () => T): T | undefined {
    try {
      return run()
    } catch (error) {
      for (const { reject } of waiting) reject(error)
      return undefined
    }
  }
}
