import type { Outcome } from './said.js'

/** By operation. */
export type TallyOfVerbs = ReadonlyMap<string, { readonly done: number; readonly refused: number }>

/** Counts what became of calls, so that a test can say that enough was asked. */
export class Tally {
  readonly #verbs = new Map<string, { done: number; refused: number }>()
  batches = 0
  /** Batches that only another order than that of their calls explains. */
  batchesTurned = 0

  note(verb: string, { code }: Outcome): void {
    const counts = this.#verbs.get(verb) ?? { done: 0, refused: 0 }
    counts[code === undefined ? 'done' : 'refused'] += 1
    this.#verbs.set(verb, counts)
  }

  noteBatch(isInOrder: boolean): void {
    this.batches += 1
    if (!isInOrder) this.batchesTurned += 1
  }

  get verbs(): TallyOfVerbs {
    return this.#verbs
  }
}
