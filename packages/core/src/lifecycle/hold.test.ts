import { StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'

async function refusalOf(run: Promise<unknown>): Promise<StoreError> {
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof StoreError) return error
  throw new Error(`expected a StoreError, got ${String(error)}`)
}

const typesOf = async (store: ThreadStore): Promise<string[]> => {
  const types: string[] = []
  for await (const { type } of store.events()) types.push(type)
  return types
}

describe('a hold', () => {
  it('refuses the delete of the thread, and says so in a dry run', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      await store.appendItems(id, [message('kept')])
      await store.holdThread(id, 'case 4711')
      const error = await refusalOf(store.deleteThread(id))
      expect(error.code).toBe('THREAD_HELD')
      expect(error.detail.threadIds).toEqual([id])
      const plan = await store.deleteThread(id, { dryRun: true })
      expect(plan.held).toEqual([id])
      expect((await store.status(id)).state).toBe('active')
      await store.unholdThread(id)
      expect((await store.deleteThread(id)).state).toBe('deleted')
    }))

  it('refuses the delete of a parent, of a forked base that cascades, and of a set', () =>
    withStore(async (store) => {
      const parent = await store.createThread()
      const child = await store.createThread({ parentThreadId: parent })
      const grandchild = await store.createThread({ parentThreadId: child })
      const base = await store.createThread()
      await store.appendItems(base, [message('one'), message('two')])
      const { threadId: fork } = await store.forkThread(base)
      const other = await store.createThread()
      await store.holdThread(grandchild, 'kept')
      await store.holdThread(fork, 'kept')
      const cascaded = await refusalOf(store.deleteThread(parent))
      expect(cascaded).toMatchObject({ code: 'THREAD_HELD', detail: { threadIds: [grandchild] } })
      const forked = await refusalOf(store.deleteThread(base, { forks: 'cascade' }))
      expect(forked).toMatchObject({ code: 'THREAD_HELD', detail: { threadIds: [fork] } })
      const set = await refusalOf(store.deleteThreads([other, child, base], { forks: 'cascade' }))
      expect(set.code).toBe('THREAD_HELD')
      expect([...(set.detail.threadIds as string[])].sort()).toEqual([grandchild, fork].sort())
      for (const id of [parent, child, grandchild, base, fork, other])
        expect((await store.status(id)).state).toBe('active')
      // What does not take it along is not its business.
      expect((await store.deleteThread(other)).state).toBe('deleted')
      expect((await store.deleteThread(base, { forks: 'detach' })).state).toBe('deleted')
      expect((await store.readThread(fork))?.held).toBe(true)
    }))

  it('is seen and listed with its reason, archived threads included, and a later reason replaces it', () =>
    withStore(async (store) => {
      const first = await store.createThread()
      const second = await store.createThread()
      await store.createThread()
      await store.archiveThreads([second])
      expect(await store.readThread(first)).toMatchObject({ held: false, holdReason: null })
      await store.holdThread(second, 'audit')
      await store.holdThread(first, 'one')
      await store.holdThread(first, 'two')
      await store.holdThread(first, 'two')
      expect(await store.readThread(first)).toMatchObject({ held: true, holdReason: 'two' })
      expect(
        (await store.listHolds()).map((thread) => [thread.threadId, thread.holdReason]),
      ).toEqual([first, second].sort().map((id) => [id, id === first ? 'two' : 'audit']))
      const held = (await typesOf(store)).filter((type) => type === 'thread.held')
      expect(held).toHaveLength(3)
      await store.unholdThread(first)
      expect((await store.listHolds()).map((thread) => thread.threadId)).toEqual([second])
      expect((await store.verify()).problems).toEqual([])
    }))

  it('survives a restart, appends, a rename, an archive and back', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const id = await store.createThread()
      await store.holdThread(id, 'kept')
      await store.pinThread(id)
      await store.appendItems(id, [message('more')])
      await store.renameThread(id, 'renamed')
      await store.archiveThreads([id])
      await store.unarchiveThreads([id])
      await store.close()
      store = await openThreadStore(root, testOptions)
      try {
        const view = await store.readThread(id)
        expect(view).toMatchObject({ holdReason: 'kept', pinned: true, name: 'renamed', items: 2 })
        expect((await refusalOf(store.deleteThread(id))).code).toBe('THREAD_HELD')
        expect(await store.listHolds()).toHaveLength(1)
      } finally {
        await store.close()
      }
    }))

  it('is refused for the dead, the unknown and a reason that is none', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const dead = await store.createThread()
      await store.deleteThread(dead)
      const codes = await Promise.all(
        [
          store.holdThread(dead, 'late'),
          store.unholdThread(dead),
          store.pinThread(dead),
          store.holdThread('01900000-0000-7000-8000-0000000000ff', 'who'),
          store.holdThread(id, ''),
          store.holdThread(id, ' \n'),
          store.holdThread(id, 'x'.repeat(501)),
          store.holdThread(id, undefined as unknown as string),
          store.holdThread('no id', 'why'),
          store.unholdThread(id),
        ].map(async (run) => (await refusalOf(run)).code),
      )
      expect(codes).toEqual([
        'THREAD_DELETED',
        'THREAD_DELETED',
        'THREAD_DELETED',
        'THREAD_NOT_FOUND',
        'ARGUMENT_INVALID',
        'ARGUMENT_INVALID',
        'ARGUMENT_INVALID',
        'ARGUMENT_INVALID',
        'THREAD_ID_MALFORMED',
        'THREAD_NOT_HELD',
      ])
      expect(await store.listHolds()).toEqual([])
      await store.holdThread(id, 'x'.repeat(500))
      expect((await store.readThread(id))?.holdReason).toHaveLength(500)
    }))

  it('that comes while a delete waits for its locks stops it', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const [held, deleted] = await Promise.allSettled([
        store.holdThread(id, 'in time'),
        store.deleteThread(id),
      ])
      expect(held.status).toBe('fulfilled')
      expect(deleted).toMatchObject({ status: 'rejected', reason: { code: 'THREAD_HELD' } })
      expect(await store.readThread(id)).toMatchObject({ held: true })
      expect((await store.verify()).problems).toEqual([])
    }))

  it('that comes when a delete is about to commit comes too late, and says so', async () => {
    let late: Promise<StoreError> | undefined
    const act: { now?: () => void } = {}
    const crashPoint = (name: string): void => {
      if (name === 'delete.intend:before') act.now?.()
    }
    await withStore(
      async (store) => {
        const id = await store.createThread()
        act.now = () => {
          late = refusalOf(store.holdThread(id, 'too late'))
        }
        expect((await store.deleteThread(id)).state).toBe('deleted')
        expect((await late)?.code).toBe('THREAD_DELETED')
        expect(await store.listHolds()).toEqual([])
        expect((await store.verify()).problems).toEqual([])
      },
      { crashPoint },
    )
  })
})

describe('a pin', () => {
  it('is seen, taken back, and does not stand in the way of a delete', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      await store.pinThread(id)
      await store.pinThread(id)
      expect((await store.readThread(id))?.pinned).toBe(true)
      await store.unpinThread(id)
      await store.unpinThread(id)
      expect((await store.readThread(id))?.pinned).toBe(false)
      const pins = (await typesOf(store)).filter((type) => type.includes('pinned'))
      expect(pins).toEqual(['thread.pinned', 'thread.unpinned'])
      await store.pinThread(id)
      expect((await store.deleteThread(id)).state).toBe('deleted')
    }))
})
