// Deletes what is due: at open, by a timer while the store is open, and when somebody sweeps. Each set is one ordinary
// delete with one receipt. A set that cannot be deleted now, because a thread of it is on hold or the disk refuses, stays
// scheduled whole, says why, and is tried again. Never throws for that: an open store stays open.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { type DeleteResult, deleteByIds } from '../lifecycle/delete-threads.js'
import type { ThreadRow } from '../threads/thread-row.js'
import type { Schedule } from './schedules.js'

/** A clock that jumps is noticed this soon, and a set that could not be deleted is tried again. */
const PAUSE_MS_MAX = 60 * 60 * 1000

export class DueDeletions {
  readonly #context: StoreContext
  readonly #refusals = new Map<string, string>()
  #running: Promise<readonly DeleteResult[]> | undefined
  #cancel: (() => void) | undefined

  constructor(context: StoreContext) {
    this.#context = context
    context.closing.addEventListener('abort', () => this.#cancel?.(), { once: true })
  }

  /** The code of what kept a due set from being deleted, where something did. */
  refusalOf(operationId: string): string | undefined {
    return this.#context.schedules.get(operationId) ? this.#refusals.get(operationId) : undefined
  }

  /** Deletes all that is due; what is under way is waited for first. */
  async run(): Promise<readonly DeleteResult[]> {
    // Of several that waited the first one runs, and the others wait for that.
    while (this.#running) await this.#running.catch(() => {})
    this.#running = this.#runOnce().finally(() => {
      this.#running = undefined
      this.#schedule(PAUSE_MS_MAX)
    })
    return this.#running
  }

  /** Sets the timer for the next date; a set that is due already is tried at once. */
  arm(): void {
    this.#schedule(0)
  }

  /** `refusedMs`: the pause before a set that was refused is tried again. */
  #schedule(refusedMs: number): void {
    this.#cancel?.()
    this.#cancel = undefined
    const { schedules, trustedClock, clock, closing, journal } = this.#context
    if (closing.aborted || journal.failure) return
    const nowMs = trustedClock.nowMs()
    const pauses = schedules.all().map(({ operationId, dueMs }) => {
      const refused = dueMs <= nowMs && this.#refusals.has(operationId)
      return refused ? refusedMs : Math.max(0, dueMs - nowMs)
    })
    if (pauses.length === 0) return
    const pauseMs = pauses.reduce((least, pause) => Math.min(least, pause), PAUSE_MS_MAX)
    this.#cancel = clock.schedule(pauseMs, () => {
      // What refused is kept for `status`; what failed the store is known to the store.
      this.run().catch(() => {})
    })
  }

  async #runOnce(): Promise<readonly DeleteResult[]> {
    const { schedules, trustedClock, closing, journal } = this.#context
    const results: DeleteResult[] = []
    for (const schedule of schedules.due(trustedClock.nowMs())) {
      if (closing.aborted || journal.failure) break
      try {
        const result = await this.#deleteSet(schedule)
        this.#refusals.delete(schedule.operationId)
        if (result) results.push(result)
      } catch (error) {
        this.#refusals.set(schedule.operationId, isStoreError(error) ? error.code : 'unknown')
        if (!isStoreError(error)) throw error
      }
    }
    if (!closing.aborted && !journal.failure && schedules.all().length > 0)
      await trustedClock.persist()
    return results
  }

  async #deleteSet({
    operationId,
    reason,
    requestedBy,
  }: Schedule): Promise<DeleteResult | undefined> {
    const { schedules, threads, dead, journal } = this.#context
    const ids = schedules.get(operationId)?.ids ?? []
    const there: ThreadId[] = []
    for (const [index, state] of (await threads.loadMany(ids)).entries()) {
      const id = ids[index]!
      if (state && !dead.has(id)) there.push(id)
    }
    if (there.length === 0) {
      // A repair brought the date back, and not the threads.
      await journal.commit(() => schedules.without(ids))
      return undefined
    }
    return deleteByIds(
      this.#context,
      there,
      {
        // Forks that were to refuse or to go along have done so when the set was made: one that is outside of it now
        // was restored, and stays whole.
        forks: 'detach',
        ...(reason === null ? {} : { reason }),
        requestedBy: requestedBy === null ? 'scheduled' : `${requestedBy}, scheduled`,
      },
      async (rows) => this.#refuseRestored(rows),
    )
  }

  /** Asked under the locks of all that would die: somebody may have taken a thread back meanwhile. */
  #refuseRestored(rows: readonly ThreadRow[]): void {
    const { schedules, trustedClock } = this.#context
    const nowMs = trustedClock.nowMs()
    const kept = rows.filter(({ threadId }) => {
      const schedule = schedules.of(threadId)
      return !schedule || schedule.dueMs > nowMs
    })
    if (kept.length === 0) return
    throw new StoreError('PLAN_CHANGED', 'threads of the set are not due any more', {
      retryable: true,
      detail: { threadIds: kept.map((row) => row.threadId) },
    })
  }
}
