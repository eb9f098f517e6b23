import { rm } from 'node:fs/promises'
import type { ThreadStore } from '@cenotaph/core'
import type { Clock } from '@cenotaph/storage'
import { nodeClock } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { children, nextJson } from '../support-fixtures/child.fixture.js'
import { filesUnder, rolloutOf } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { kinds, scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  errorOf,
  linesOf,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const child = children()
const [one, two, three] = [1, 2, 3].map(threadIdOf) as [string, string, string]

/** A wall clock that moves a minute at every look. */
const minutes = (): Clock => {
  let now = Date.UTC(2026, 10, 20)
  return {
    ...nodeClock,
    wallMs: () => {
      now += 60_000
      return now
    },
  }
}

const event = (type: string, fields: Readonly<Record<string, unknown>> = {}) => ({
  type: 'event_msg',
  payload: { type, ...fields },
})
const started = (turn_id: string) => event('task_started', { turn_id })
const complete = (turn_id: string) => event('task_complete', { turn_id })

const listed = async (
  store: ThreadStore,
  options: Parameters<ThreadStore['listThreads']>[0] = {},
) => (await store.listThreads(options)).threads.map(({ threadId }) => threadId)

describe('lists', () => {
  it.each(kinds)(
    'behaviour 49: newest created first; updated is the time of the last line, never of the file, %s',
    async (_where, kept) => {
      const store = await stores.store({ ...kept, clock: minutes() })
      for (const threadId of [one, two, three]) await store.createThread({ threadId })
      expect(await listed(store)).toEqual([three, two, one])
      await store.appendItems(one, [textItem('later')])
      expect(await listed(store, { sort: 'updated' })).toEqual([one, three, two])
      expect(await listed(store, { direction: 'asc' })).toEqual([one, two, three])
      await store.reopen()
      expect(await listed(store, { sort: 'updated' })).toEqual([one, three, two])
    },
  )

  it.each(kinds)(
    'behaviour 50: pages until exhausted, null on the last; limits and bad cursors are errors, %s',
    async (_where, kept) => {
      const store = await stores.store({ ...kept, clock: minutes() })
      const ids = Array.from({ length: 7 }, (_, n) => threadIdOf(n + 1))
      for (const threadId of ids) await store.createThread({ threadId })
      const seen: string[][] = []
      let cursor: string | null | undefined
      while (cursor !== null) {
        const page = await store.listThreads({ limit: 3, ...(cursor ? { cursor } : {}) })
        seen.push(page.threads.map(({ threadId }) => threadId))
        cursor = page.nextCursor
      }
      expect(seen.map((page) => page.length)).toEqual([3, 3, 1])
      expect(seen.flat()).toEqual([...ids].reverse())
      expect(await codeOf(() => store.listThreads({ limit: 1_001 }))).toBe('ARGUMENT_INVALID')
      expect(await codeOf(() => store.listThreads({ cursor: 'bad' }))).toBe('CURSOR_INVALID')
      const { nextCursor } = await store.listThreads({ limit: 3 })
      const other = () => store.listThreads({ limit: 3, archived: true, cursor: nextCursor! })
      expect(await codeOf(other)).toBe('CURSOR_INVALID')
    },
  )

  it.each(kinds)(
    'behaviour 52: filters by provider, directory, text, source, archived, parent, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({
        threadId: one,
        cwd: '/a',
        modelProvider: 'p',
        source: 'cli',
        name: 'Needle',
      })
      await store.createThread({
        threadId: two,
        cwd: '/b',
        modelProvider: 'q',
        source: { custom: 'x' },
      })
      await store.createThread({ threadId: three, parentThreadId: one })
      expect(await listed(store, { cwd: '/a' })).toEqual([one])
      expect(await listed(store, { modelProvider: 'q' })).toEqual([two])
      expect(await listed(store, { source: 'cli' })).toEqual([one])
      expect(await listed(store, { source: 'custom' })).toEqual([two])
      expect(await listed(store, { search: 'needle' })).toEqual([one])
      expect(await listed(store, { name: 'Needle' })).toEqual([one])
      expect(await listed(store, { parentThreadId: one })).toEqual([three])
      expect((await listed(store)).sort()).toEqual([one, two])
      expect((await listed(store, { includeSubagents: true })).sort()).toEqual([one, two, three])
      expect(await listed(store, { archived: true })).toEqual([])
    },
  )

  it('behaviour 54: a thread whose file is missing stays listed, and reading it is ROLLOUT_NOT_FOUND', async () => {
    const store = await stores.store()
    await store.createThread({ threadId: one })
    await rm(await rolloutOf(store.root, one))
    expect(await listed(store)).toEqual([one])
    expect(await codeOf(() => textsOf(store, one))).toBe('ROLLOUT_NOT_FOUND')
  })

  it.each(kinds)(
    'behaviour 55: a thread that was never persisted is read as undefined, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      store.recorder({ create: { threadId: one } })
      expect(await store.readThread(one)).toBeUndefined()
      expect(await codeOf(() => store.listTurns(one))).toBe('THREAD_NOT_FOUND')
    },
  )

  it.each(kinds)(
    'behaviour 56: turns page forward and backward; a cursor without its turn is CURSOR_INVALID, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      const turns = ['t1', 't2', 't3', 't4', 't5']
      for (const turn of turns) await store.appendItems(one, [started(turn), complete(turn)])
      for (const direction of ['asc', 'desc'] as const) {
        const seen: string[] = []
        let cursor: string | null | undefined
        while (cursor !== null) {
          const page = await store.listTurns(one, {
            limit: 2,
            direction,
            ...(cursor ? { cursor } : {}),
          })
          seen.push(...page.turns.map(({ turnId }) => turnId))
          cursor = page.nextCursor
        }
        expect(seen).toEqual(direction === 'asc' ? turns : [...turns].reverse())
      }
      const { nextCursor } = await store.listTurns(one, { limit: 2 })
      const backward = () =>
        store.listTurns(one, { limit: 2, direction: 'desc', cursor: nextCursor! })
      expect(await codeOf(backward)).toBe('CURSOR_INVALID')
    },
  )
})

describe('resume and fork', () => {
  it('behaviour 59: a second writer is refused, in this process and in another', async () => {
    const store = await stores.store()
    await store.createThread({ threadId: one })
    const recorder = store.recorder({ threadId: one })
    await recorder.persist()
    expect(await codeOf(() => store.resumeThread(one))).toBe('THREAD_HAS_WRITER')
    expect(await codeOf(() => store.recorder({ threadId: one }).persist())).toBe(
      'THREAD_HAS_WRITER',
    )
    expect(await codeOf(() => store.appendItems(one, [textItem('no')]))).toBe('THREAD_HAS_WRITER')
    const second = child('./child-holds-store.mjs', [store.root])
    expect(await nextJson(second)).toMatchObject({ open: false, code: 'STORE_LOCKED' })
    expect(await textsOf(store, one)).toEqual([])
  })

  it.each(kinds)(
    'behaviour 60: overrides that differ from what is recorded are returned, never applied, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one, cwd: '/recorded', modelProvider: 'p' })
      const { thread, ignored } = await store.resumeThread(one, {
        cwd: '/given',
        modelProvider: 'p',
      })
      expect(ignored).toEqual([{ setting: 'cwd', recorded: '/recorded', given: '/given' }])
      expect(thread.cwd).toBe('/recorded')
      expect((await store.readThread(one))?.cwd).toBe('/recorded')
    },
  )

  it.each(kinds)(
    'behaviour 61: an incomplete last turn is shown as open, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      await store.appendItems(one, [started('t1'), complete('t1'), started('t2'), textItem('half')])
      const { turns } = await store.listTurns(one)
      expect(turns.map(({ turnId, status }) => [turnId, status])).toEqual([
        ['t1', 'completed'],
        ['t2', 'open'],
      ])
    },
  )

  it('behaviour 62: the last activity is unchanged by a resume', async () => {
    const store = await stores.store({ clock: minutes() })
    await store.createThread({ threadId: one })
    const { updatedAt } = (await store.readThread(one))!
    const { recorder } = await store.resumeThread(one)
    await store.reopen()
    expect((await store.readThread(one))?.updatedAt).toBe(updatedAt)
    await recorder.add(textItem('activity'))
    await recorder.shutdown()
    expect((await store.readThread(one))!.updatedAt > updatedAt).toBe(true)
  })

  it.each(kinds)(
    'behaviour 63: a fork has a new id, forkedFromId, the whole history and the name; the event says so, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one, name: 'inherited' })
      await store.appendItems(one, [textItem('a')])
      const before = await linesOf(store, one)
      for (const copy of [false, true]) {
        const fork = await store.forkThread(one, { copy })
        expect(fork).toMatchObject({ forkedFromId: one, throughOrdinal: 1 })
        expect(fork.kind).toBe(copy ? 'copy' : 'reference')
        const view = await store.readThread(fork.threadId)
        expect(view).toMatchObject({ forkedFromId: one, name: 'inherited', parentThreadId: null })
        expect(await textsOf(store, fork.threadId)).toEqual(['a'])
      }
      expect(await linesOf(store, one)).toEqual(before)
      const types: string[] = []
      for await (const { type } of store.events()) types.push(type)
      expect(types.filter((type) => type === 'thread.forked')).toHaveLength(2)
    },
  )

  it.each(kinds)(
    'behaviour 64: after a turn, before a turn; both together are refused, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      for (const turn of ['t1', 't2']) {
        await store.appendItems(one, [started(turn), textItem(turn), complete(turn)])
      }
      await store.appendItems(one, [started('t3'), textItem('t3')])
      const textsAfter = async (options: Parameters<ThreadStore['forkThread']>[1]) =>
        textsOf(store, (await store.forkThread(one, options)).threadId)
      expect(await textsAfter({ afterTurn: 't1' })).toEqual(['t1'])
      expect(await textsAfter({ beforeTurn: 't2' })).toEqual(['t1'])
      expect(await textsAfter({ beforeTurn: 't3' })).toEqual(['t1', 't2'])
      expect(await textsAfter({ throughOrdinal: 2 })).toEqual(['t1'])
      expect(await codeOf(() => store.forkThread(one, { afterTurn: 't3' }))).toBe(
        'ARGUMENT_INVALID',
      )
      const both = () => store.forkThread(one, { afterTurn: 't1', beforeTurn: 't2' })
      expect(await codeOf(both)).toBe('ARGUMENT_INVALID')
      expect(await codeOf(() => store.forkThread(one, { afterTurn: 'none' }))).toBe(
        'TURN_NOT_FOUND',
      )
    },
  )

  it.each(kinds)(
    'behaviour 65: a fork of an active turn freezes it as interrupted, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      await store.appendItems(one, [started('t1'), textItem('half')])
      for (const copy of [false, true]) {
        const { threadId } = await store.forkThread(one, { copy })
        const { turns } = await store.listTurns(threadId)
        expect(turns.map(({ turnId, status }) => [turnId, status])).toEqual([['t1', 'aborted']])
      }
      expect((await store.listTurns(one)).turns[0]?.status).toBe('open')
    },
  )

  it.each(kinds)(
    'behaviour 66: a source that was never persisted cannot be forked, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      store.recorder({ create: { threadId: one } })
      expect(await codeOf(() => store.forkThread(one))).toBe('THREAD_NOT_FOUND')
    },
  )
})

describe('locks', () => {
  it('behaviour 68: a competing owner is refused with its pid; a lock that a dead process left is no lock', async () => {
    const root = (await stores.folder()).concat('/store')
    const holder = child('./child-holds-store.mjs', [root])
    await nextJson(holder)
    const refused = await errorOf(() => stores.open(root))
    expect(refused).toMatchObject({ code: 'STORE_LOCKED', detail: { pid: holder.process.pid } })
    await holder.kill()
    expect(await filesUnder(root)).toContain('.cenotaph/owner.json')
    const store = await stores.open(root)
    await store.close()
    expect(await filesUnder(root)).not.toContain('.cenotaph/owner.json')
  })
})
