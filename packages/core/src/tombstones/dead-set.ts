// The dead, in memory: deadness is asked here and never of a row alone. Also the spawn tree among them, so
// that a tree can be walked through threads that are gone.
//
// One entry an id, the record shared with the tombstone that brought it: 10,000 threads die in one turn of the event
// loop. An id that two sets hold is dead by the first, and stays dead when one of the two is taken back.

import type { ThreadId } from '@cenotaph/rollout'
import type { PrepareRecord } from './tombstone-record.js'

export type DeadThreads = Pick<PrepareRecord, 'operationId' | 'ids' | 'parentIds'>

const none: readonly ThreadId[] = []

export class DeadSet {
  readonly #sets = new Map<string, DeadThreads>()
  readonly #tombs = new Map<ThreadId, DeadThreads>()
  readonly #parents = new Map<ThreadId, ThreadId>()
  readonly #children = new Map<ThreadId, ThreadId[]>()

  /** Told of every set in the turn in which it dies. */
  onDeath: ((ids: readonly ThreadId[]) => void) | undefined

  constructor(sets: Iterable<DeadThreads> = []) {
    for (const set of sets) this.add(set)
  }

  /** Rises with every set that is added or taken back. */
  changes = 0

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
    return this.#tombs.get(id)?.operationId
  }

  /** The thread that spawned this dead one; undefined where it has none, or where it is not dead. */
  parentOf(id: ThreadId): ThreadId | undefined {
    return this.#parents.get(id)
  }

  /** The dead children of a thread, itself dead or alive, in the order of their deaths. */
  childrenOf(parentId: ThreadId): readonly ThreadId[] {
    const children = this.#children.get(parentId)
    return children ? [...children] : none
  }

  /** Synchronous: from here on the whole set is dead. A set that is here already is not added twice. */
  add(set: DeadThreads): void {
    if (this.#sets.has(set.operationId)) return
    this.#sets.set(set.operationId, set)
    this.changes += 1
    for (const [index, id] of set.ids.entries()) this.#bury(id, set, set.parentIds[index] ?? null)
    this.onDeath?.(set.ids)
  }

  /** Takes a set back whose delete was aborted. Nothing happens where it is not here. */
  remove(operationId: string): void {
    const removed = this.#sets.get(operationId)
    if (!removed) return
    this.#sets.delete(operationId)
    this.changes += 1
    const freed = new Set(removed.ids.filter((id) => this.#tombs.get(id) === removed))
    for (const id of freed) this.#exhume(id)
    for (const set of this.#sets.values())
      for (const [index, id] of set.ids.entries())
        if (freed.has(id)) this.#bury(id, set, set.parentIds[index] ?? null)
  }

  #bury(id: ThreadId, set: DeadThreads, parentId: ThreadId | null): void {
    if (this.#tombs.has(id)) return
    this.#tombs.set(id, set)
    if (parentId === null) return
    this.#parents.set(id, parentId)
    const siblings = this.#children.get(parentId)
    if (siblings) siblings.push(id)
    else this.#children.set(parentId, [id])
  }

  #exhume(id: ThreadId): void {
    const parentId = this.#parents.get(id)
    this.#tombs.delete(id)
    this.#parents.delete(id)
    if (parentId === undefined) return
    const siblings = (this.#children.get(parentId) ?? []).filter((sibling) => sibling !== id)
    if (siblings.length > 0) this.#children.set(parentId, siblings)
    else this.#children.delete(parentId)
  }
}
