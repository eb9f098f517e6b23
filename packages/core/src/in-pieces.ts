// Long lists are worked on in pieces, and what else waits for the event loop gets its turn between two of them.

import { breathe } from '@cenotaph/storage'

/** Small enough that a piece takes a few milliseconds, whatever is done with it: an append that comes meanwhile waits for it. */
export const PIECE = 150

/** Runs a computation that yields wherever other work may have its turn, often enough that no stretch of it is long. */
export async function inTurns<T>(steps: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = steps.next()
    if (done) return value
    await breathe()
  }
}

/**
 * Shares the turns of the event loop among several who compute at once: each asks before a piece of its work, and goes on
 * when there is room for it in the present turn, or alone in one of the next.
 */
export class Paced {
  readonly #roomOfATurn: number
  #room: number
  #turns: Promise<void> = Promise.resolve()

  constructor(roomOfATurn: number) {
    this.#roomOfATurn = roomOfATurn
    this.#room = roomOfATurn
  }

  readonly turn = async (size: number): Promise<void> => {
    if (size <= this.#room) {
      this.#room -= size
      return
    }
    this.#turns = this.#turns.then(breathe).then(() => {
      this.#room = this.#roomOfATurn - size
    })
    return this.#turns
  }
}

/** For such a computation: the list, with a pause now and then. */
export function* paused<T>(list: Iterable<T>, run: (one: T) => void): Generator<void, void> {
  let count = 0
  for (const one of list) {
    run(one)
    count += 1
    if (count % PIECE === 0) yield
  }
}

/** The list in order, for such a computation: pieces are sorted, then merged two by two. */
export function* sorted<T>(
  list: readonly T[],
  compare: (one: T, other: T) => number,
): Generator<void, T[]> {
  let runs: T[][] = []
  for (let start = 0; start < list.length; start += PIECE) {
    if (start > 0) yield
    runs.push(list.slice(start, start + PIECE).sort(compare))
  }
  while (runs.length > 1) {
    const merged: T[][] = []
    for (let index = 0; index < runs.length; index += 2)
      merged.push(yield* merge(runs[index]!, runs[index + 1] ?? [], compare))
    runs = merged
  }
  return runs[0] ?? []
}

/** What is equal stays in its order. */
function* merge<T>(
  one: readonly T[],
  other: readonly T[],
  compare: (one: T, other: T) => number,
): Generator<void, T[]> {
  const all: T[] = []
  for (let a = 0, b = 0; a < one.length || b < other.length; ) {
    const isOnes = b === other.length || (a < one.length && compare(one[a]!, other[b]!) <= 0)
    all.push(isOnes ? one[a++]! : other[b++]!)
    if (all.length % PIECE === 0) yield
  }
  return all
}

/** What `of` gives for each, in order. */
export async function mapInPieces<T, U>(list: readonly T[], of: (one: T) => U): Promise<U[]> {
  const mapped: U[] = []
  for await (const piece of inPieces(list)) for (const one of piece) mapped.push(of(one))
  return mapped
}

/** The list in pieces, in order. */
export async function* inPieces<T>(list: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let start = 0; start < list.length; start += PIECE) {
    if (start > 0) await breathe()
    yield start === 0 && list.length <= PIECE ? list : list.slice(start, start + PIECE)
  }
}
