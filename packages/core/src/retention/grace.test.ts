import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'
import { SteeredClock } from './steered-clock.fixture.js'

const day = 24 * 60 * 60 * 1000

async function create(store: ThreadStore): Promise<string> {
  const id = await store.createThread()
  await store.appendItems(id, [message('a word')])
  return id
}

const stateOf = async (store: ThreadStore, id: string) => (await store.status(id)).state

describe('a deletion with a grace period', () => {
  it('is scheduled, can be taken back, is not planned twice, and ends in a receipt', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const [old, saved] = [await create(store), await create(store)]
        clock.pass(3 * day)
        const young = await create(store)
        await store.retention.set({ deleteAfter: '2d', grace: '5d' })
        const plan = await store.retention.plan()
        const run = await store.retention.run({ expectPlan: plan.planId })
        expect([...run.scheduled].sort()).toEqual([old, saved].sort())
        expect(run).toMatchObject({ archived: [], deleted: null, receipt: null })
        expect(run.deleteAfter).toBe(plan.due[0]?.deleteAfter)
        expect(Date.parse(run.deleteAfter!)).toBe(clock.wallMs() + 5 * day)
        expect(await stateOf(store, old)).toBe('scheduled')
        // What waits is neither planned nor counted again.
        const again = await store.retention.plan()
        expect([again.due, again.spared]).toEqual([[], []])
        expect(again.totalBytes).toBeLessThan(plan.totalBytes)
        await store.restoreThreads([saved])
        expect(await stateOf(store, saved)).toBe('active')
        await store.pinThread(saved)
        clock.pass(4 * day)
        await store.pinThread(young)
        await store.sweep()
        expect(await stateOf(store, old)).toBe('scheduled')
        clock.pass(day + 1)
        const { receipts } = await store.sweep()
        expect(receipts.map(({ threadIds }) => threadIds)).toEqual([[old]])
        expect(receipts[0]?.requestedBy).toContain('retention')
        expect(await stateOf(store, old)).toBe('deleted')
        // A sweep does what has a date, and never what a policy says.
        clock.pass(100 * day)
        const late = await create(store)
        clock.pass(100 * day)
        await store.sweep({ confirmClock: true })
        expect(await stateOf(store, late)).toBe('active')
        expect((await store.verify()).problems).toEqual([])
      },
      { clock },
    )
  })

  it('waits while one of the set is on hold, and the hold is listed', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const id = await create(store)
        clock.pass(3 * day)
        await store.retention.set({ deleteAfter: '2d', grace: '1d' })
        expect((await store.retention.run()).scheduled).toEqual([id])
        await store.holdThread(id, 'just in time')
        expect(await store.listHolds()).toMatchObject([
          { threadId: id, state: 'scheduled', holdReason: 'just in time' },
        ])
        clock.pass(2 * day)
        await store.sweep()
        expect(await stateOf(store, id)).toBe('scheduled')
        await store.unholdThread(id)
        await store.sweep()
        expect(await stateOf(store, id)).toBe('deleted')
      },
      { clock },
    )
  })
})

describe('a clock that jumps', () => {
  it.each([
    ['while the store is open', false],
    ['while it is closed', true],
  ])('ten years ahead %s makes nothing due before it is confirmed', async (_what, reopens) =>
    withRoot(async (root) => {
      const clock = new SteeredClock()
      const options = { ...testOptions, clock }
      let store = await openThreadStore(root, options)
      const id = await create(store)
      await store.retention.set({
        archiveAfter: '30d',
        deleteAfter: '90d',
        grace: 0,
        maxTotalBytes: 1,
      })
      if (reopens) await store.close()
      clock.jump(3_650 * day)
      if (reopens) store = await openThreadStore(root, options)
      expect(await store.retention.plan()).toMatchObject({ due: [], spared: [], unconfirmed: true })
      const { planId } = await store.retention.plan()
      const run = await store.retention.run({ expectPlan: planId })
      expect(run).toMatchObject({ unconfirmed: true, archived: [], scheduled: [], deleted: null })
      expect(await stateOf(store, id)).toBe('active')
      await store.sweep({ confirmClock: true })
      const plan = await store.retention.plan()
      expect(plan).toMatchObject({ unconfirmed: false, due: [{ threadId: id, action: 'delete' }] })
      // A run that was bound to the doubtful plan is not bound to this one.
      const refused = await store.retention.run({ expectPlan: planId }).catch((e: unknown) => e)
      expect(isStoreError(refused, 'PLAN_CHANGED')).toBe(true)
      await store.close()
    }),
  )

  it('back makes nothing due, and gives a thread of the wrong future no age', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const before = await create(store)
        clock.jump(3_650 * day)
        const wrong = await create(store)
        clock.jump(-3_650 * day)
        await store.retention.set({ deleteAfter: '30d', grace: 0 })
        expect((await store.retention.plan()).due).toEqual([])
        clock.pass(31 * day)
        const { due, spared } = await store.retention.plan()
        expect(due.map(({ threadId }) => threadId)).toEqual([before])
        expect(spared).toMatchObject([{ threadId: wrong, why: 'age-unknown' }])
      },
      { clock },
    )
  })
})
