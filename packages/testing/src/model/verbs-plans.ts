// Deletions that are looked at first: a dry run, and the delete that is bound to what it showed, at once or much later.

import fc from 'fast-check'
import { livingThread, waitingThread } from './choice.js'
import { deletePlanned as deletePlannedInModel, plan as planInModel } from './model-plans.js'
import { refusedWith, told } from './said.js'
import type { WhatIsSupported } from './supports.js'
import { nothing, short, type Verb, verb } from './verb.js'
import { forksIn, goneOf, linesNow } from './verbs.js'

export const plan = (supports: WhatIsSupported): fc.Arbitrary<Verb> =>
  fc
    .record({
      threads: fc.array(
        supports.schedule
          ? fc.oneof({ arbitrary: livingThread, weight: 4 }, waitingThread)
          : livingThread,
        { minLength: 1, maxLength: 2 },
      ),
      forks: forksIn(supports),
    })
    .map(({ threads, forks }) =>
      verb('plan', (system, model) => {
        const ids = [...new Set(threads.map((thread) => thread(model)))]
        const key = system.next()
        return {
          text: `${ids.map(short)}, ${forks}`,
          async call() {
            const planned = await system.store.deleteThreads(ids, { forks, dryRun: true })
            system.planIds.set(key, planned.planId ?? '')
            const { held = [], wouldRefuse = null } = planned
            return { gone: goneOf(planned), held: [...held].sort(), wouldRefuse }
          },
          apply: (later) => planInModel(later, key, ids, forks),
        }
      }),
    )

/** A plan that was made, the newest one most of the time. */
export const deletePlanned = fc.constantFrom(0, 0, 0, 1, 2).map((back) =>
  verb('deletePlanned', ({ store, planIds }, model) => {
    const keys = [...model.plans.keys()].sort((a, b) => b - a)
    const key = keys[Math.min(back, keys.length - 1)]
    if (key === undefined) return nothing
    const { ids, forks } = model.plans.get(key)!
    return {
      text: `${ids.map(short)}, ${forks}, plan ${key}`,
      call: async () =>
        goneOf(await store.deleteThreads(ids, { forks, expectPlan: planIds.get(key)! })),
      apply: (later) => deletePlannedInModel(later, key),
    }
  }),
)

/** What a redaction would do; it does nothing. */
export const planRedaction = fc
  .record({ thread: livingThread, place: fc.nat(5) })
  .map(({ thread, place }) =>
    verb('planRedaction', async ({ store }, model) => {
      const id = thread(model)
      const lines = await linesNow(store, model, id)
      const line = place % (lines.length + 1)
      return {
        text: `${short(id)}, line ${line}`,
        async call() {
          const ordinal = lines[line]?.ordinal ?? 1_000_000
          const planned = await store.redactItems(id, [ordinal], 'looked at', { dryRun: true })
          return planned.state
        },
        apply(later) {
          const { refused } = later.copy().redact(id, lines[line] && line)
          return refused ? refusedWith(refused) : told('planned')
        },
      }
    }),
  )
