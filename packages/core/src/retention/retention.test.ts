import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'
import type { RetentionPolicy } from './policy.js'
import { SteeredClock } from './steered-clock.fixture.js'

const day = 24 * 60 * 60 * 1000

const codeOf = async (run: Promise<unknown>): Promise<string> => {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return isStoreError(error) ? error.code : String(error)
}

/** A thread whose last activity is now. */
async function create(
  store: ThreadStore,
  options: Parameters<ThreadStore['createThread']>[0] = {},
): Promise<string> {
  const id = await store.createThread(options)
  await store.appendItems(id, [message('a word')])
  return id
}

const dueOf = async (store: ThreadStore): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await store.retention.plan()).due.map(({ threadId, action, why }) => [
      threadId,
      `${action} ${why}`,
    ]),
  )

const sparedOf = async (store: ThreadStore): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await store.retention.plan()).spared.map(({ threadId, why }) => [threadId, why]),
  )

const statesOf = (store: ThreadStore, ids: readonly string[]): Promise<string[]> =>
  Promise.all(ids.map(async (id) => (await store.status(id)).state))

describe('retention', () => {
  it('is off until a policy is set, survives a restart, and can be turned off', () =>
    withRoot(async (root) => {
      const clock = new SteeredClock()
      let store = await openThreadStore(root, { ...testOptions, clock })
      const id = await create(store)
      clock.pass(400 * day)
      expect(await store.retention.policy()).toBeNull()
      expect(await store.retention.plan()).toMatchObject({
        due: [],
        spared: [],
        unconfirmed: false,
      })
      expect(await store.retention.run()).toMatchObject({
        archived: [],
        scheduled: [],
        deleted: null,
      })
      const set = await store.retention.set({ archiveAfter: '30d' })
      expect(set).toMatchObject({ archiveAfter: '30d', grace: '7d', forks: 'refuse' })
      await store.retention.set({ archiveAfter: '60d', exclude: { names: ['kept'] } })
      await store.close()
      store = await openThreadStore(root, { ...testOptions, clock })
      expect(await store.retention.policy()).toMatchObject({
        archiveAfter: '60d',
        exclude: { cwd: [], names: ['kept'], pinned: true },
      })
      expect(await dueOf(store)).toEqual({ [id]: 'archive archiveAfter' })
      expect(await store.retention.set(null)).toBeNull()
      expect(await store.retention.policy()).toBeNull()
      expect(await dueOf(store)).toEqual({})
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }))

  it('refuses a policy that says nothing, or could be misread, and keeps the one it has', () =>
    withStore(async (store) => {
      await store.retention.set({ deleteAfter: '90d' })
      const before = await store.retention.policy()
      for (const policy of [{}, { deleteAfter: 0 }, { deletAfter: '1d' }, 'off', undefined, 7])
        expect(await codeOf(store.retention.set(policy as RetentionPolicy))).toBe(
          'ARGUMENT_INVALID',
        )
      expect(await codeOf(store.retention.run({ expectPlan: 5 as unknown as string }))).toBe(
        'ARGUMENT_INVALID',
      )
      expect(await store.retention.policy()).toEqual(before)
    }))

  it('keeps what the policy names out of the event log', () =>
    withStore(async (store) => {
      const exclude = { cwd: ['/secret/place'], names: ['secret name'] }
      await store.retention.set({ deleteAfter: '90d', exclude })
      const payloads: unknown[] = []
      for await (const { type, payload } of store.events())
        if (type === 'retention.set') payloads.push(payload)
      expect(payloads).toMatchObject([{ deleteAfterMs: 90 * day, excludedNames: 1 }])
      expect(JSON.stringify(payloads)).not.toContain('secret')
    }))
})

describe('a run', () => {
  it('does what the plan says, and nothing else', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const old = await create(store)
        const held = await create(store)
        const pinned = await create(store)
        const byName = await create(store, { name: 'keep me' })
        const byPlace = await create(store, { cwd: '/home/ada/kept/deep' })
        const parent = await create(store)
        const child = await create(store, { parentThreadId: parent })
        const base = await create(store)
        await store.holdThread(held, 'case')
        await store.pinThread(pinned)
        const live = await create(store)
        const { recorder } = await store.resumeThread(live)
        clock.pass(100 * day)
        const { threadId: fork } = await store.forkThread(base)
        const middling = await create(store)
        clock.pass(45 * day)
        const young = await create(store)
        await store.retention.set({
          archiveAfter: '30d',
          deleteAfter: '90d',
          grace: 0,
          exclude: { names: ['keep me'], cwd: ['/home/ada/kept'] },
        })
        const plan = await store.retention.plan()
        expect(await dueOf(store)).toEqual({
          [old]: 'delete deleteAfter',
          [parent]: 'delete deleteAfter',
          [child]: 'delete deleteAfter',
          [base]: 'archive archiveAfter',
          [fork]: 'archive archiveAfter',
          [middling]: 'archive archiveAfter',
        })
        expect(await sparedOf(store)).toEqual({
          [held]: 'held',
          [pinned]: 'pinned',
          [byName]: 'excluded',
          [byPlace]: 'excluded',
          [live]: 'live',
          [base]: 'recent-fork',
        })
        expect(await codeOf(store.retention.run({ expectPlan: '0'.repeat(32) }))).toBe(
          'PLAN_CHANGED',
        )
        const run = await store.retention.run({ expectPlan: plan.planId })
        expect(run).toMatchObject({ planId: plan.planId, scheduled: [], deleteAfter: null })
        expect([...run.archived].sort()).toEqual([base, fork, middling].sort())
        expect([...run.receipt!.threadIds].sort()).toEqual([old, parent, child].sort())
        expect(run.receipt?.state).toBe('erased')
        expect(run.receipt?.requestedBy).toMatch(/^retention, /)
        expect(await statesOf(store, [old, parent, child])).toEqual(Array(3).fill('deleted'))
        expect(await statesOf(store, [base, fork, middling])).toEqual(Array(3).fill('archived'))
        const kept = [held, pinned, byName, byPlace, live, young]
        expect(await statesOf(store, kept)).toEqual(Array(6).fill('active'))
        // What is done is done: a second run has nothing to do.
        expect((await store.retention.plan()).due).toEqual([])
        expect(await store.retention.run()).toMatchObject({ archived: [], deleted: null })
        await recorder.shutdown()
        expect((await store.verify()).problems).toEqual([])
      },
      { clock },
    )
  })

  it('takes the oldest until the rest fits', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const ids: string[] = []
        for (let index = 0; index < 6; index += 1) {
          ids.push(await create(store))
          clock.pass(day)
        }
        const { totalBytes } = await store.retention
          .set({ maxTotalBytes: 1, grace: 0 })
          .then(() => store.retention.plan())
        await store.retention.set({ maxTotalBytes: Math.ceil(totalBytes / 2), grace: 0 })
        await store.retention.run()
        expect(await statesOf(store, ids)).toEqual([
          ...Array(3).fill('deleted'),
          ...Array(3).fill('active'),
        ])
      },
      { clock },
    )
  })

  it('does not take what was touched, held, pinned or opened between plan and commit', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const touches: ((id: string) => Promise<unknown>)[] = [
          (id) => store.appendItems(id, [message('more')]),
          (id) => store.holdThread(id, 'case'),
          (id) => store.pinThread(id),
          (id) => store.resumeThread(id),
          (id) => store.createThread({ parentThreadId: id }),
          (id) => store.renameThread(id, 'keep me'),
        ]
        await store.retention.set({ deleteAfter: '30d', grace: 0, exclude: { names: ['keep me'] } })
        for (const touch of touches) {
          const doomed = await create(store)
          const saved = await create(store)
          clock.pass(31 * day)
          const { planId } = await store.retention.plan()
          await touch(saved)
          expect(await codeOf(store.retention.run({ expectPlan: planId }))).toBe('PLAN_CHANGED')
          expect(await statesOf(store, [doomed, saved])).toEqual(['active', 'active'])
          // The same while the run waits for its locks.
          const other = await create(store)
          clock.pass(31 * day)
          const [, run] = await Promise.all([touch(other), store.retention.run()])
          expect(await statesOf(store, [doomed, other])).toEqual(['deleted', 'active'])
          expect(run.receipt?.threadIds).not.toContain(other)
          expect(run.receipt?.threadIds).toContain(doomed)
          for (const id of [saved, other])
            if ((await store.status(id)).state === 'active') await store.holdThread(id, 'done')
        }
      },
      { clock },
    )
  })

  it('meets an append at any moment: what was touched in time stays, what was not is gone', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        await store.retention.set({ deleteAfter: '30d', grace: 0 })
        for (const turns of [0, 1, 2, 3, 5, 8, 13, 21, 34]) {
          const doomed = await create(store)
          const other = await create(store)
          clock.pass(31 * day)
          const running = store.retention.run()
          for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate)
          const touched = await codeOf(store.appendItems(other, [message('still here')]))
          const { receipt } = await running
          expect(receipt?.threadIds).toContain(doomed)
          expect(receipt?.threadIds.includes(other as ThreadId)).toBe(touched === 'THREAD_DELETED')
          const [state] = await statesOf(store, [other])
          expect(state).toBe(touched === 'THREAD_DELETED' ? 'deleted' : 'active')
          if (state === 'active') await store.pinThread(other)
        }
        expect((await store.verify()).problems).toEqual([])
      },
      { clock },
    )
  })

  it.each(['before', 'after'] as const)('is too late for an append %s its commit', async (side) => {
    const clock = new SteeredClock()
    let append: Promise<string> | undefined
    const act: { now?: () => void } = {}
    const crashPoint = (name: string): void => {
      if (name === `delete.intend:${side}`) act.now?.()
    }
    await withStore(
      async (store) => {
        await store.retention.set({ deleteAfter: '30d', grace: 0 })
        const id = await create(store)
        clock.pass(31 * day)
        act.now = () => {
          append = codeOf(store.appendItems(id, [message('too late')]))
        }
        expect((await store.retention.run()).receipt?.threadIds).toEqual([id])
        expect(await append).toBe('THREAD_DELETED')
      },
      { clock, crashPoint },
    )
  })

  it('leaves threads of unknown age alone, whatever the clock says', async () => {
    const clock = new SteeredClock()
    await withStore(
      async (store) => {
        const future = await store.createThread()
        const later = new Date(clock.wallMs() + 5_000 * day).toISOString()
        await store.appendItems(future, [{ ...message('from tomorrow'), timestamp: later }])
        clock.pass(400 * day)
        await store.retention.set({ archiveAfter: '1d', deleteAfter: '2d', maxTotalBytes: 1 })
        expect(await dueOf(store)).toEqual({})
        expect(await sparedOf(store)).toEqual({ [future]: 'age-unknown' })
      },
      { clock },
    )
  })
})
