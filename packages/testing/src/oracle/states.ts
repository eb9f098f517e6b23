// What an engine may look like after a crash: as it was after the operations that were acknowledged, or after one more,
// which was under way. That says three things at once: what was acknowledged is there, what was not is whole or absent,
// and no value is there that nobody wrote.

import assert from 'node:assert/strict'

export interface Durability {
  /** Operations that are durable once so many are acknowledged; default all of them. */
  readonly durable?: (acknowledged: number) => number
}

/** `states` are those of an undisturbed run: before the first operation, and after each. */
export const allowedAfter = <State>(
  states: readonly State[],
  acknowledged: number,
  { durable = (count) => count }: Durability = {},
): readonly State[] => states.slice(durable(acknowledged), acknowledged + 2)

/** Gives the place of the state in the list. @throws AssertionError that shows the difference to the newest one */
export function placeAmong<State>(allowed: readonly State[], seen: State): number {
  const text = JSON.stringify(seen)
  const place = allowed.findIndex((one) => JSON.stringify(one) === text)
  if (place < 0) {
    assert.deepEqual(seen, allowed.at(-1), 'the state after a crash is none that was allowed')
    // Equal for deepEqual and not as JSON: the order of members differs, which is no difference.
    return allowed.length - 1
  }
  return place
}
