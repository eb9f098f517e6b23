// Operations that are made while no other is under way: they look at the whole store, at time, or at files of the host.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { messageOf } from '../store/speaking.js'
import type { ReadItem } from '../store/thread-store-like.js'
import { activeThread, livingThread } from './choice.js'
import { isInMemory } from './model-halves.js'
import { countOfLines } from './model-lineage.js'
import { retain } from './model-retention.js'
import { lineOf } from './model-turns.js'
import { told } from './said.js'
import type { System } from './system.js'
import { nothing, short, verb } from './verb.js'
import { text, textsAgain } from './verbs.js'

const hourMs = 3_600_000

const hours = (min: number, max: number) => fc.integer({ min, max }).map((count) => count * hourMs)

/** Time passes, and what is due is deleted. */
export const pass = hours(1, 4).map((ms) =>
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

export const policy = fc
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
        return (await store.retention.policy()) !== null
      },
      apply(model) {
        model.policy = rules
        return told(rules !== null)
      },
    }))
  })

export const runRetention = fc.constant(null).map(() =>
  verb('retain', ({ store }) => ({
    text: '',
    async call() {
      const { planId } = await store.retention.plan()
      const { archived, scheduled, deleted } = await store.retention.run({ expectPlan: planId })
      const gone = deleted ? deleted.threadIds : scheduled
      return { archived: [...archived].sort(), gone: [...gone].sort() }
    },
    apply: retain,
  })),
)

/** Out and back in: what is here is not changed by it, what died in between stays out. */
export const transfer = fc
  .record({ thread: livingThread, kill: fc.boolean() })
  .map(({ thread, kill }) =>
    verb('transfer', ({ store, ...system }, model) => {
      const id = thread(model)
      const state = model.stateOf(id)
      const to = system.folder?.()
      const text = `${short(id)}${kill ? ', deleted between' : ''}`
      if (to === undefined || (state !== 'active' && state !== 'archived')) return nothing
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
          const reason = isInMemory(later, id) ? 'ephemeral' : 'deleted'
          return told({ died, imported: 0, skipped: died ? [reason] : 1 })
        },
      }
    }),
  )

/** A part of a thread, from either end, is a part of the whole. */
export const read = fc
  .record({ thread: livingThread, from: fc.nat(8), limit: fc.integer({ min: 1, max: 5 }) })
  .map(({ thread, from, limit }) =>
    verb('read', ({ store }, model) => {
      const id = thread(model)
      return {
        text: `${short(id)}, from ${from}, ${limit}`,
        async call() {
          const all = await itemsOf(store, id, {})
          const forward = all.filter(({ ordinal }) => ordinal >= from).slice(0, limit)
          const backward = all.toReversed().slice(0, limit)
          assert.deepEqual(await itemsOf(store, id, { from, limit }), forward)
          assert.deepEqual(await itemsOf(store, id, { limit, reverse: true }), backward)
        },
        apply: (later) => later.read(id),
      }
    }),
  )

async function itemsOf(
  store: System['store'],
  id: string,
  options: { readonly from?: number; readonly limit?: number; readonly reverse?: boolean },
): Promise<{ readonly ordinal: number; readonly text: string | null | undefined }[]> {
  const read: ReadItem[] = []
  for await (const item of store.listItems(id, options)) read.push(item)
  return read.map((item) => ({ ordinal: item.ordinal, text: lineOf(item) }))
}

/** A line that several threads share is told once. */
export const search = fc
  .record({ text: fc.constantFrom(...textsAgain), archived: fc.boolean() })
  .map(({ text, archived }) =>
    verb('search', ({ store }) => ({
      text: `${text}${archived ? ', archived' : ''}`,
      async call() {
        const { hits } = await store.searchThreads(text, { archived, includeSubagents: true })
        return hits.length
      },
      apply: (later) => told(countOfLines(later, text, archived ? 'archived' : 'active')),
    })),
  )

/** At the end that the caller knows, or behind it. */
export const appendAt = fc
  .record({ thread: activeThread, text, isWrong: fc.boolean() })
  .map(({ thread, text, isWrong }) =>
    verb('appendAt', ({ store }, model) => {
      const id = thread(model)
      return {
        text: `${short(id)}${isWrong ? ', at the wrong place' : ''}`,
        async call() {
          const next = (await store.readThread(id))?.nextOrdinal ?? 0
          const expectedOrdinal = isWrong ? next + 1 : next
          return (await store.appendItems(id, [messageOf(text)], { expectedOrdinal })).written
        },
        apply: (later) => later.append(id, { texts: [text], isMisplaced: isWrong }),
      }
    }),
  )
