// Names and numbers of the rollout format. Three branded types, so that none is taken for another.

import { StoreError } from '@cenotaph/storage'

declare const brand: unique symbol

/** A thread's id: a lower-case uuid in its canonical text (36 characters). */
export type ThreadId = string & { readonly [brand]: 'ThreadId' }

/** A rollout's id: a lower-case uuid. It equals the thread's id except for a reverted thread's later rollouts. */
export type RolloutId = string & { readonly [brand]: 'RolloutId' }

/** The number of a line in its thread's history: a safe integer, 0 or more. */
export type Ordinal = number & { readonly [brand]: 'Ordinal' }

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** The id that `text` spells, in lower case; undefined when it is no uuid. Any version and variant will do. */
export function parseThreadId(text: string): ThreadId | undefined {
  return uuid.test(text) ? (text.toLowerCase() as ThreadId) : undefined
}

/** As {@link parseThreadId}, for the id of a rollout. */
export function parseRolloutId(text: string): RolloutId | undefined {
  return uuid.test(text) ? (text.toLowerCase() as RolloutId) : undefined
}

/** Throws ORDINAL_OVERFLOW unless `n` is a safe integer of 0 or more. */
export function ordinal(n: number): Ordinal {
  if (isOrdinal(n)) return n
  throw new StoreError('ORDINAL_OVERFLOW', 'An ordinal is a safe integer of 0 or more', {
    detail: { ordinal: String(n) },
  })
}

export function isOrdinal(value: unknown): value is Ordinal {
  return Number.isSafeInteger(value) && (value as number) >= 0 && !Object.is(value, -0)
}
