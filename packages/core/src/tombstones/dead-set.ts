// The dead, in memory: deadness is asked here and never of a row alone. Also the spawn tree among them, so
// that a tree can be walked through threads that are gone.
//
// One entry an id, its operation id and record shared with the tombstone that brought it. An id that two
// sets hold is dead by the first, and stays dead when one of the two is taken back.

import type { ThreadId } from '@cenotaph/rollout'
import type { PrepareRecord } from './tombstone-record.js'

export type DeadThreads = Pick<PrepareRecord, 'operationId' | 'ids' | 'parentIds'>

interface Tomb {
  readonly set: DeadThreads
  readonly parentId: ThreadId | undefined
}

export class DeadSet {
  readonly #sets = new Map<string, DeadThreads>()
  readonly #tombs = new Map<ThreadId, Tomb>()
  readonly #children = new Map<ThreadId, ThreadId[]>()

  /** Told of every set in the turn in which it dies. */
  onDeath: ((ids: readonly ThreadId[]) => void) | undefined

  constructor(sets: Iterable<DeadThreads> = []) {
    for (const set of sets) this.add(set)
  }

  /** Number of dead threads. */
  get size(): number {
    return this.#tombs.size
  }

  /** Every dead id, in no order that means anything. */
  ids(): Iterable<ThreadId> {
    return this.#tombs.keys()
  }

  has(id: ThreadId): boolean {
    return this.#tombs.has(id)
  }

  /** The delete that the thread died of, whose id is also its receipt's. */
  receiptOf(id: ThreadId): string | undefined {
    return this.#tombs.get(id)?.set.operationId
  }

  /** The thread that spawned this dead one; undefined where it has none, or where it is not dead. */
  parentOf(id: ThreadId): ThreadId | undefined {
    return this.#tombs.get(id)?.parentId
  }

  /** The dead children of a thread, itself dead or alive, in the order of their deaths. */
  childrenOf(parentId: ThreadId): readonly ThreadId[] {
    return [...(this.#children.get(parentId) ?? [])]
  }

  /** Synchronous: from here on the whole set is dead. A set that is here already is not added twice. */
  add(set: DeadThreads): void {
    if (this.#sets.has(set.operationId)) return
    this.#sets.set(set.operationId, set)
    set.ids.forEach((id, index) => {
      this.#bury(id, { set, parentId: set.parentIds[index] ?? undefined })
    })
    this.onDeath?.(set.ids)
  }

  /** Takes a set back whose delete was aborted. Nothing happens where it is not here. */
  remove(operationId: string): void {
    const removed = this.#sets.get(operationId)
    if (!removed) return
    this.#sets.delete(operationId)
    const freed = new Set(removed.ids.filter((id) => this.#tombs.get(id)?.set === removed))
    for (const id of freed) this.#exhume(id)
    for (const set of this.#sets.values())
      set.ids.forEach((id, index) => {
        if (freed.has(id)) this.#bury(id, { set, parentId: set.parentIds[index] ?? undefined })
      })
  }

  #bury(id: ThreadId, tomb: Tomb): void {
    if (this.#tombs.has(id)) return
    this.#tombs.set(id, tomb)
    if (tomb.parentId === undefined) return
    const siblings = this.#children.get(tomb.parentId)
    if (siblings) siblings.push(id)
    else this.#children.set(tomb.parentId, [id])
  }

  #exhume(id: ThreadId): void {
    const parentId = this.#tombs.get(id)?.parentId
    this.#tombs.delete(id)
    if (parentId === undefined) return
    const siblings = (this.#children.get(parentId) ?? []).filter((sibling) => sibling !== id)
    if (siblings.length > 0) this.#children.set(parentId, siblings)
    else this.#children.delete(parentId)
  }
}
