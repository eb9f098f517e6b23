// Calls that were under way at the same time are right if some order of them, one after the other, explains every answer
// and every refusal, and all that a reader sees afterwards. With few calls every order is tried.
//
// Several orders may explain them, and differ in what nobody sees yet: which date was set last, who was archived before it
// was hidden. So there may be several models of one store, until something tells them apart.

import { isDeepStrictEqual } from 'node:util'
import { fingerprintOfModel } from './model-fingerprint.js'
import { observeModel, type Seen } from './observe.js'
import { explains, type Outcome } from './said.js'
import type { ThreadModel } from './thread-model.js'
import type { Prepared } from './verb.js'

/** A call, and what came of it. */
export interface Made extends Prepared {
  outcome: Outcome
}

export interface Explanation {
  /** After the calls, in each order that explains them; different ones alone. */
  readonly models: readonly ThreadModel[]
  /** The order in which they were made is one of those. */
  readonly isInOrder: boolean
}

/** `models` are left as they are. */
export function explanationOf(
  models: readonly ThreadModel[],
  made: readonly Made[],
  seen: Seen,
): Explanation {
  const found = new Map<string, ThreadModel>()
  let isInOrder = false
  const search = (before: ThreadModel, left: readonly Made[], inOrder: boolean): void => {
    if (left.length === 0) {
      if (!isDeepStrictEqual(observeModel(before), seen)) return
      found.set(fingerprintOfModel(before), before)
      isInOrder ||= inOrder
      return
    }
    for (const [place, next] of left.entries()) {
      const after = before.copy()
      if (!explains(next.apply(after), next.outcome)) continue
      search(after, left.toSpliced(place, 1), inOrder && place === 0)
    }
  }
  for (const model of models) search(model, made, true)
  return { models: [...found.values()], isInOrder }
}
