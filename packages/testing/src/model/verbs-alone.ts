// Operations that are made while no other is under way: they look at the whole store, at time, or at files of the host.

import fc from 'fast-check'
import { livingThread } from './choice.js'
import { told } from './said.js'
import { short, type Verb, verb } from './verbs.js'

const hourMs = 3_600_000

const hours = (min: number, max: number) => fc.integer({ min, max }).map((count) => count * hourMs)

/** Time passes, and what is due is deleted. */
const pass = hours(1, 4).map((ms) =>
  verb('pass', (system) => ({
    text: `${ms / hourMs}h`,
    async call() {
      if (!system.pass) return
      system.pass(ms)
      await system.store.sweep({ confirmClock: true })
    },
    apply(model) {
      if (system.pass) model.pass(ms)
      return told()
    },
  })),
)

const policy = fc
  .option(fc.record({ archive: hours(4, 12), more: hours(0, 12), graceMs: hours(0, 3) }), {
    freq: 2,
  })
  .map((given) => {
    const rules = given && {
      archiveAfterMs: given.archive,
      deleteAfterMs: given.archive + given.more,
      graceMs: given.graceMs,
    }
    return verb('policy', ({ store }) => ({
      text: JSON.stringify(rules),
      async call() {
        await store.retention.set(
          rules && {
            archiveAfter: rules.archiveAfterMs,
            deleteAfter: rules.deleteAfterMs,
            grace: rules.graceMs,
          },
        )
      },
      apply(model) {
        model.policy = rules
        return told()
      },
    }))
  })

const retain = fc.constant(null).map(() =>
  verb('retain', ({ store }) => ({
    text: '',
    async call() {
      const { archived, scheduled, deleted } = await store.retention.run()
      const gone = deleted ? deleted.threadIds : scheduled
      return { archived: [...archived].sort(), gone: [...gone].sort() }
    },
    apply: (model) => model.retain(),
  })),
)

/** Out and back in: what is here is not changed by it, what died in between stays out. */
const transfer = fc.record({ thread: livingThread, kill: fc.boolean() }).map(({ thread, kill }) =>
  verb('transfer', ({ store, ...system }, model) => {
    const id = thread(model)
    const state = model.stateOf(id)
    const to = system.folder?.()
    const text = `${short(id)}${kill ? ', deleted between' : ''}`
    if (to === undefined || (state !== 'active' && state !== 'archived'))
      return { text, call: async () => {}, apply: () => told() }
    return {
      text,
      async call() {
        const exported = await store.exportThreads([id], { to })
        const died =
          kill &&
          (await store.deleteThreads([id], { forks: 'detach' }).then(
            () => true,
            () => false,
          ))
        const { imported, skipped } = await store.importRollouts(exported.map(({ path }) => path))
        const reasons = skipped.map(({ reason }) => reason)
        return { died, imported: imported.length, skipped: died ? reasons : reasons.length }
      },
      apply(later) {
        const died = kill && later.delete([id], 'detach').refused === undefined
        return told({ died, imported: 0, skipped: died ? ['deleted'] : 1 })
      },
    }
  }),
)

export const verbAlone: fc.Arbitrary<Verb> = fc.oneof(
  { arbitrary: pass, weight: 3 },
  { arbitrary: policy, weight: 1 },
  { arbitrary: retain, weight: 2 },
  { arbitrary: transfer, weight: 2 },
)
