// What has changed about the threads in memory: how often, so that an answer from before is told from one that still
// holds, and which rows are not in LevelDB as they are now.

import { outsideBases, type ThreadRow } from './thread-row.js'
import type { ThreadObserver, ThreadState } from './thread-state.js'

export class ThreadChanges implements ThreadObserver {
  readonly #moved = new Set<ThreadState>()
  #count = 0
  #kin = 0

  /** Rises with every change that a caller could see. */
  get count(): number {
    return this.#count
  }

  /** Rises when the parent or the base of any thread is another one, and with threads that have one. */
  get kin(): number {
    return this.#kin
  }

  /** Threads whose row LevelDB has not got as it is now. */
  *moved(): Generator<ThreadState> {
    for (const state of this.#moved) {
      if (state.row === state.persisted) this.#moved.delete(state)
      else yield state
    }
  }

  rowChanged(state: ThreadState, before: ThreadRow): void {
    this.#count += 1
    this.#moved.add(state)
    if (!isSameKin(before, state.row)) this.#kin += 1
  }

  parkingChanged(): void {
    this.#count += 1
  }

  added({ row }: ThreadState): void {
    this.#count += 1
    if (kinOf(row) !== '') this.#kin += 1
  }

  removed(state: ThreadState): void {
    this.evicted(state)
    this.added(state)
  }

  /** It is in LevelDB alone now. */
  evicted(state: ThreadState): void {
    this.#moved.delete(state)
  }
}

/** The everyday answer first, for lines that were appended: bases are the same values then. */
const isSameKin = (before: ThreadRow, row: ThreadRow): boolean =>
  (before.parentThreadId === row.parentThreadId &&
    before.forkedFromId === row.forkedFromId &&
    before.rollouts.length === row.rollouts.length &&
    before.rollouts.every(({ base }, index) => base === row.rollouts[index]!.base)) ||
  kinOf(before) === kinOf(row)

/** Whose child and whose fork the thread is. */
function kinOf(row: ThreadRow): string {
  const { parentThreadId, forkedFromId } = row
  const bases = row.rollouts.some(({ base }) => base !== null) ? outsideBases(row) : []
  return [parentThreadId ?? [], forkedFromId ?? [], ...bases].flat().join()
}
