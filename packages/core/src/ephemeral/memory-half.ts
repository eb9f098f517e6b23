// The half of a store that is in memory: a whole store of the same engine, beside the one on disk.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { RecorderTarget } from '../append/recorder.js'
import { type RecorderSubject, recorderTarget } from '../append/store-recorder.js'
import type { StoreContext } from '../context.js'
import { registerParticipant } from '../lifecycle/participant.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { inMemory, type ResolvedOptions } from '../options.js'
import { openContext } from '../recovery/open-context.js'
import { ThreadStore } from '../thread-store.js'

export class MemoryHalf extends ThreadStore {
  static async open(
    root: string,
    options: ResolvedOptions,
    durable: () => StoreContext,
  ): Promise<MemoryHalf> {
    const companion = {
      durable,
      async knows(id: ThreadId): Promise<boolean> {
        const { dead, threads } = durable()
        return dead.has(id) || (await threads.load(id)) !== undefined
      },
    }
    const inside = inMemory({ ...options, companion })
    const opened = await openContext(root, inside)
    // A name whose code is not here is waited for by a delete in memory too.
    for (const { name, forgotten } of durable().participants.all())
      if (!forgotten) await runOperation(opened.context, registerParticipant, { name })
    return new MemoryHalf(root, inside, opened)
  }

  /** Whether an id is a thread of this half, dead or alive. All rows of a store in memory stay in memory. */
  has(id: ThreadId): boolean {
    const { dead, threads } = this.context
    return dead.has(id) || threads.peek(id) !== undefined
  }

  isDead(id: ThreadId): boolean {
    return this.context.dead.has(id)
  }

  isScheduled(id: ThreadId): boolean {
    return this.context.schedules.has(id)
  }

  /** Whether any living thread was spawned by, or forked from, one of the other half. */
  hasOutsideKin(): boolean {
    for (const { threadId, row } of this.context.threads.all()) {
      const kin = [row.parentThreadId, row.forkedFromId]
      if (!this.isDead(threadId) && kin.some((id) => id !== null && !this.has(id))) return true
    }
    return false
  }

  /** Living threads that threads of the other half have spawned. */
  spawnedBy(ids: Iterable<ThreadId>): readonly ThreadId[] {
    const parents = new Set(ids)
    return [...this.context.threads.all()]
      .filter(({ row }) => row.parentThreadId !== null && parents.has(row.parentThreadId))
      .map(({ threadId }) => threadId)
      .filter((id) => !this.isDead(id))
  }

  /** Living threads that were forked from threads of the other half. */
  forkedFrom(ids: Iterable<ThreadId>): readonly ThreadId[] {
    const bases = new Set(ids)
    return [...this.context.threads.all()]
      .filter(({ row }) => row.forkedFromId !== null && bases.has(row.forkedFromId))
      .map(({ threadId }) => threadId)
      .filter((id) => !this.isDead(id))
  }

  /** What a recorder of this half writes to. */
  target(subject: RecorderSubject): RecorderTarget {
    return recorderTarget(subject, {
      writable: () => this.writable,
      current: () => this.context,
    })
  }

  /** The thread that spawned these is dead: they go whatever holds them, and threads forked from them stay whole. */
  async drop(ids: readonly ThreadId[]): Promise<readonly ThreadId[]> {
    const living = ids.filter((id) => !this.isDead(id))
    if (living.length === 0) return []
    const { held } = await this.deleteThreads(living, { dryRun: true, forks: 'detach' })
    for (const id of held) {
      await this.unholdThread(id).catch((error: unknown) => {
        if (!isStoreError(error)) throw error
      })
    }
    return (await this.deleteThreads(living, { forks: 'detach' })).threadIds
  }
}
