// Which thread a command is about is decided when it is run: mostly one that lives, sometimes any id there is, so that
// every state of a thread is met by every operation, and most calls still do something.

import fc from 'fast-check'
import { modelIds } from './system.js'
import type { ThreadModel } from './thread-model.js'

export type Choice = (model: ThreadModel) => string

/** One in three is the same, so that calls at once meet on one thread. */
const numbers = fc.constantFrom(...Array.from({ length: 90 }, (_, n) => (n < 60 ? n : 0)))

const choiceAmong = (idsOf: (model: ThreadModel) => readonly string[], strayWeight: number) =>
  fc
    .record({ n: numbers, stray: fc.constantFrom(...weighted(strayWeight)) })
    .map(({ n, stray }): Choice => {
      return (model) => {
        const ids = idsOf(model)
        const all = stray || ids.length === 0 ? modelIds : ids
        return all[n % all.length]!
      }
    })

/** One true among so many. */
const weighted = (count: number): boolean[] => Array.from({ length: count }, (_, n) => n === 0)

const inState =
  (...states: readonly string[]) =>
  (model: ThreadModel): string[] =>
    [...model.threads.keys()].filter((id) => states.includes(model.stateOf(id)!))

/** A thread that is in use. */
export const activeThread = choiceAmong(inState('active'), 6)

/** A thread that lives, in use or archived. */
export const livingThread = choiceAmong(inState('active', 'archived'), 6)

export const archivedThread = choiceAmong(inState('archived'), 3)

/** A thread that waits for its date. */
export const waitingThread = choiceAmong(inState('scheduled'), 4)

/** A thread that was deleted. */
export const deadThread = choiceAmong((model) => [...model.dead], 3)

export const heldThread = choiceAmong(
  (model) => [...model.threads.values()].filter(({ held }) => held).map(({ id }) => id),
  4,
)

/** An id that was never used. */
export const newThread = choiceAmong(
  (model) => modelIds.filter((id) => model.stateOf(id) === undefined),
  8,
)
