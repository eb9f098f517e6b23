// Which threads have names in which folder of rollouts, as far as a walk has seen it and nobody has changed the folder
// since: a delete of one thread then lists the folder that has its name, and asks every other one for its stamp alone.
// Of an owner four bytes are kept, so a folder may be listed in vain, but none is passed over that has the name. With a
// disk that gives no stamps nothing is remembered, and every folder is listed.

import type { ThreadId } from '@cenotaph/rollout'

export interface SeenFolder {
  readonly stamp: string
  /** Paths of the folders in it. */
  readonly folders: readonly string[]
  /** Of every name that has an owner, what `markOf` gives, ascending. */
  readonly marks: Uint32Array
  /** It has names that may be anybody's: those are looked at each time. */
  readonly hasUnowned: boolean
}

/** Sets that are larger look at every folder: to ask for each of their threads would take longer. */
export const FEW_MAX = 64

export class FolderOwners {
  readonly #seen = new Map<string, SeenFolder>()

  /** What is in a folder that was not changed and has no name of these threads; undefined where it must be listed. */
  without(
    folder: string,
    stamp: string | undefined,
    ids: readonly ThreadId[],
  ): SeenFolder | undefined {
    const seen = this.#seen.get(folder)
    if (stamp === undefined || seen?.stamp !== stamp || seen.hasUnowned) return undefined
    return ids.some((id) => includes(seen.marks, markOf(id))) ? undefined : seen
  }

  /** Takes what a listing found that began after the stamp was asked for. */
  note(folder: string, seen: Omit<SeenFolder, 'stamp'>, stamp: string | undefined): void {
    if (stamp === undefined) this.#seen.delete(folder)
    else this.#seen.set(folder, { ...seen, stamp })
  }
}

/** The last eight digits of an id; in those that a store makes they are random. */
export const markOf = (id: string): number => Number.parseInt(id.slice(-8), 16)

function includes(marks: Uint32Array, mark: number): boolean {
  let low = 0
  let high = marks.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (marks[middle]! < mark) low = middle + 1
    else high = middle
  }
  return marks[low] === mark
}
