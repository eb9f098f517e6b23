// Deleting by selection: what is described and nothing else, with what is spared told; one plan, one set, one receipt.

import type { ThreadStore } from '@cenotaph/core'
import type { Clock } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { codeOf, livingIds, textItem } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const dayMs = 24 * 60 * 60 * 1000

async function threads(store: ThreadStore, count: number, cwd = '/work'): Promise<string[]> {
  const ids: string[] = []
  for (let n = 0; n < count; n += 1) ids.push(await store.createThread({ cwd }))
  return ids
}

/** Time that passes when the test says so. */
function steeredClock() {
  let nowMs = Date.UTC(2026, 0, 1)
  let jumpedMs = 0
  const clock: Clock = {
    wallMs: () => nowMs + jumpedMs,
    monotonicMs: () => nowMs,
    schedule: () => () => {},
  }
  return {
    clock,
    passDays: (days: number) => {
      nowMs += days * dayMs
    },
    /** The wall clock alone is set. */
    jumpDays: (days: number) => {
      jumpedMs += days * dayMs
    },
  }
}

describe('a selection', () => {
  it('of the archived takes them all, in one set with one receipt', async () => {
    const store = await stores.store()
    const [a, b, c] = await threads(store, 3)
    await store.archiveThreads([a!, c!])
    const plan = await store.deleteThreads({ archived: true }, { dryRun: true })
    expect(plan).toMatchObject({ state: 'planned', files: 2, wouldRefuse: null, spared: [] })
    expect([...plan.threadIds].sort()).toEqual([a, c].sort())
    const done = await store.deleteThreads({ archived: true }, { expectPlan: plan.planId! })
    expect(done.state).toBe('deleted')
    expect([...done.receipt!.threadIds].sort()).toEqual([a, c].sort())
    expect(await livingIds(store)).toEqual([b])
    expect(await store.listReceipts()).toHaveLength(1)
  })

  it('of all takes the living, archived or not, narrowed by directory, provider and source', async () => {
    const store = await stores.store()
    const [a] = await threads(store, 1, '/here')
    const [b] = await threads(store, 1, '/there')
    const c = await store.createThread({ cwd: '/here', modelProvider: 'p', source: { job: 1 } })
    await store.archiveThreads([a!])
    const planned = async (selection: object) =>
      [...(await store.deleteThreads(selection, { dryRun: true })).threadIds].sort()
    expect(await planned({ all: true })).toEqual([a, b, c].sort())
    expect(await planned({ cwd: '/here' })).toEqual([a, c].sort())
    expect(await planned({ archived: true, cwd: '/here' })).toEqual([a])
    expect(await planned({ all: true, modelProvider: 'p' })).toEqual([c])
    expect(await planned({ all: true, source: 'job' })).toEqual([c])
    expect(await planned({ all: true, cwd: '/nowhere' })).toEqual([])
  })

  it('that describes nothing is done at once, and changes nothing', async () => {
    const store = await stores.store()
    await threads(store, 1)
    const before = await store.events({ limit: 100 })
    expect(await store.deleteThreads({ archived: true })).toMatchObject({
      state: 'deleted',
      threadIds: [],
      receipt: null,
      planId: null,
    })
    expect(await store.deleteThreads({ archived: true }, { dryRun: true })).toMatchObject({
      state: 'planned',
      threadIds: [],
    })
    expect(await codeOf(() => store.deleteThreads({ archived: true }, { expectPlan: 'x' }))).toBe(
      'PLAN_CHANGED',
    )
    expect(await store.events({ limit: 100 })).toEqual(before)
  })

  it('says what is wrong with it before anything happens', async () => {
    const store = await stores.store()
    await threads(store, 2)
    const hostile: readonly unknown[] = [
      {},
      { archived: false },
      { all: 1 },
      { olderThan: 0 },
      { olderThan: -1 },
      { olderThan: '0d' },
      { olderThan: 'soon' },
      { all: true, cwd: 1 },
      { all: true, nmae: 'typo' },
      { modelProvider: 'p' },
      null,
      undefined,
      'all',
      7,
    ]
    for (const selection of hostile) {
      const code = await codeOf(() => store.deleteThreads(selection as object))
      expect(code, JSON.stringify(selection)).toBe('ARGUMENT_INVALID')
    }
    expect(await livingIds(store)).toHaveLength(2)
  })

  it('by age goes by what the thread records, and a younger child spares its parent', async () => {
    const { clock, passDays } = steeredClock()
    const store = await stores.store({ clock })
    const [old, touched, oldWithYoungChild] = await threads(store, 3)
    passDays(20)
    await store.appendItems(touched!, [textItem('still in use')])
    passDays(20)
    const [young] = await threads(store, 1)
    const child = await store.createThread({ parentThreadId: oldWithYoungChild! })
    const result = await store.deleteThreads({ olderThan: '30d' })
    expect(result.threadIds).toEqual([old])
    expect(result.spared).toEqual([{ threadId: oldWithYoungChild, why: 'descendant' }])
    expect((await livingIds(store)).sort()).toEqual(
      [touched, young, oldWithYoungChild, child].sort(),
    )
  })

  it('spares what is on hold or live, and every tree that has such a thread in it', async () => {
    const store = await stores.store()
    const [free, held, above, live] = await threads(store, 4)
    const between = await store.createThread({ parentThreadId: above! })
    const heldBelow = await store.createThread({ parentThreadId: between })
    await store.holdThread(held!, 'a case')
    await store.holdThread(heldBelow, 'a case')
    const { recorder } = await store.resumeThread(live!)
    const plan = await store.deleteThreads({ all: true }, { dryRun: true })
    expect(plan.threadIds).toEqual([free])
    expect([...plan.held].sort()).toEqual([held, above, between, heldBelow].sort())
    expect(plan.live).toEqual([live])
    const why = new Map(plan.spared.map((one) => [one.threadId as string, one.why]))
    expect(why).toEqual(
      new Map([
        [held, 'held'],
        [above, 'held'],
        [between, 'held'],
        [heldBelow, 'held'],
        [live, 'live'],
      ]),
    )
    const done = await store.deleteThreads({ all: true }, { expectPlan: plan.planId! })
    expect(done.threadIds).toEqual([free])
    await recorder.add(textItem('still here'))
    await recorder.shutdown()
    expect((await livingIds(store)).sort()).toEqual([held, above, between, heldBelow, live].sort())
  })

  it('takes what spared trees do not have in them: an archived child of a living parent', async () => {
    const store = await stores.store()
    const [parent] = await threads(store, 1)
    const child = await store.createThread({ parentThreadId: parent! })
    await store.archiveThreads([child])
    expect((await store.deleteThreads({ archived: true })).threadIds).toEqual([child])
    const second = await store.createThread({ parentThreadId: parent! })
    await store.archiveThreads([parent!])
    await store.unarchiveThreads([second])
    const result = await store.deleteThreads({ archived: true })
    expect(result.threadIds).toEqual([])
    expect(result.spared).toEqual([{ threadId: parent, why: 'descendant' }])
  })

  it('leaves what is scheduled to its date, with what is above it', async () => {
    const store = await stores.store()
    const [free, scheduled, parent] = await threads(store, 3)
    const child = await store.createThread({ parentThreadId: parent! })
    await store.deleteThreads([scheduled!, child], { in: '7d' })
    const result = await store.deleteThreads({ all: true })
    expect(result.threadIds).toEqual([free])
    expect(result.spared).toEqual([{ threadId: parent, why: 'descendant' }])
    expect(await store.status(scheduled!)).toMatchObject({ state: 'scheduled' })
    expect(await store.status(child)).toMatchObject({ state: 'scheduled' })
  })

  it('can be scheduled as a whole, and taken back', async () => {
    const store = await stores.store()
    const ids = await threads(store, 3)
    const result = await store.deleteThreads({ all: true }, { in: '7d' })
    expect(result.state).toBe('scheduled')
    expect([...result.threadIds].sort()).toEqual([...ids].sort())
    expect(await livingIds(store)).toEqual([])
    await store.restoreThreads(ids)
    expect((await livingIds(store)).sort()).toEqual([...ids].sort())
  })

  it('by age takes nothing because of a clock that jumps', async () => {
    const { clock, jumpDays } = steeredClock()
    const store = await stores.store({ clock })
    const ids = await threads(store, 2)
    jumpDays(3_650)
    expect(await store.deleteThreads({ olderThan: '30d' })).toMatchObject({ threadIds: [] })
    expect((await livingIds(store)).sort()).toEqual([...ids].sort())
  })

  it('refuses for forks outside of it, and says so in its plan', async () => {
    const store = await stores.store()
    const [base] = await threads(store, 1)
    await store.appendItems(base!, [textItem('one')])
    const { threadId: byReference } = await store.forkThread(base!)
    const { threadId: byCopy } = await store.forkThread(base!, { copy: true })
    await store.archiveThreads([base!])
    const plan = await store.deleteThreads({ archived: true }, { dryRun: true })
    expect(plan.wouldRefuse).toBe('THREAD_HAS_FORKS')
    expect([...plan.forks].sort()).toEqual([byReference, byCopy].sort())
    expect(plan.forksByCopy).toEqual([byCopy])
    expect(await codeOf(() => store.deleteThreads({ archived: true }))).toBe('THREAD_HAS_FORKS')
    const cascade = await store.deleteThreads({ archived: true }, { forks: 'cascade' })
    expect([...cascade.threadIds].sort()).toEqual([base, byReference, byCopy].sort())
  })

  it('refuses, and ends, where cascade would take a fork that it describes and spares', async () => {
    const store = await stores.store()
    const [base] = await threads(store, 1)
    await store.appendItems(base!, [textItem('one')])
    const { threadId: fork } = await store.forkThread(base!)
    await store.archiveThreads([base!, fork])
    await store.holdThread(fork, 'a case')
    const cascade = () => store.deleteThreads({ archived: true }, { forks: 'cascade' })
    expect(await codeOf(cascade)).toBe('THREAD_HELD')
    await store.unholdThread(fork)
    expect([...(await cascade()).threadIds].sort()).toEqual([base, fork].sort())
  })

  it('made while threads come into it and leave it takes each of them or spares it', async () => {
    const store = await stores.store()
    const ids = await threads(store, 30)
    await store.archiveThreads(ids.slice(0, 20))
    const [result] = await Promise.all([
      store.deleteThreads({ archived: true }),
      store.unarchiveThreads(ids.slice(0, 5)).catch(() => {}),
      store.archiveThreads(ids.slice(25)),
      store.holdThread(ids[10]!, 'late').catch(() => {}),
    ])
    expect(result.state).toBe('deleted')
    for (const id of ids) {
      const gone = result.threadIds.includes(id as never)
      const view = await store.readThread(id).catch(() => undefined)
      expect(view === undefined, id).toBe(gone)
    }
    expect((await store.verify()).problems).toEqual([])
  })
})
