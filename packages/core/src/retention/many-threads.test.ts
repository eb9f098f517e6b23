// Two thousand threads in trees: one plan, one set, one receipt, and appends to others go on meanwhile.

import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'
import { SteeredClock } from './steered-clock.fixture.js'

const day = 24 * 60 * 60 * 1000

describe('retention of 2,000 threads', () => {
  it('takes whole trees in one set, archives the others, and a second run finds nothing', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const roots: string[] = []
        const spawned: string[] = []
        for (let tree = 0; tree < 400; tree += 1) {
          const root = await store.createThread({ cwd: `/work/${tree % 7}` })
          roots.push(root)
          for (let child = 0; child < 4; child += 1)
            spawned.push(await store.createThread({ parentThreadId: root }))
          // Each tree is a quarter of a day younger than the one before.
          clock.pass(day / 4)
        }
        await store.retention.set({ archiveAfter: '20d', deleteAfter: '50d', grace: 0 })
        const plan = await store.retention.plan()
        // Tree n was active (400 - n) / 4 days ago: 201 of them 50 days or more, 120 more of them 20 or more.
        const of = (action: string) => plan.due.filter((thread) => thread.action === action)
        expect([of('delete').length, of('archive').length]).toEqual([201 * 5, 120 * 5])
        const writer = await store.createThread()
        const appends: Promise<unknown>[] = []
        const going = { on: true }
        const writing = (async () => {
          while (going.on) {
            appends.push(store.appendItems(writer, [message('meanwhile')]))
            await appends.at(-1)
          }
        })()
        const run = await store.retention.run({ expectPlan: plan.planId })
        going.on = false
        await writing
        expect(appends.length).toBeGreaterThan(1)
        expect((await store.readThread(writer))?.items).toBe(appends.length + 1)
        expect(run.receipt?.threadIds).toHaveLength(201 * 5)
        expect(run.archived).toHaveLength(120 * 5)
        expect(await store.retention.run()).toMatchObject({ archived: [], deleted: null })
        expect((await store.listReceipts()).length).toBe(1)
        expect((await store.listThreads({ limit: 1_000 })).threads.length).toBe(79 + 1)
      },
      { clock },
    )
  })
})
