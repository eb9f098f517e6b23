import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'

const stamp = (minute: number): string => new Date(Date.UTC(2030, 0, 1, 0, minute)).toISOString()

describe('listing threads', () => {
  it('gives every page of any order, whatever is in memory and whatever in LevelDB', () =>
    withStore(async (store) => {
      const ids: string[] = []
      for (let n = 0; n < 23; n += 1) {
        ids.push(await store.createThread({ cwd: `/w/${n % 3}`, name: `thread ${n}` }))
      }
      let minute = 0
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.nat(22), { maxLength: 8 }),
          fc.integer({ min: 1, max: 9 }),
          fc.constantFrom('asc' as const, 'desc' as const),
          fc.constantFrom('created' as const, 'updated' as const),
          fc.option(fc.constantFrom('/w/0', '/w/1'), { nil: undefined }),
          fc.boolean(),
          async (touched, limit, direction, sort, cwd, checkpoint) => {
            for (const n of touched) {
              minute += 1
              const item = { ...message('touch'), timestamp: stamp(minute) }
              await store.appendItems(ids[n]!, [item])
            }
            if (checkpoint) await store.checkpoint()
            const filter = cwd === undefined ? {} : { cwd }
            const seen: { id: string; key: string }[] = []
            let cursor: string | undefined
            do {
              const page = await store.listThreads({
                limit,
                direction,
                sort,
                ...filter,
                ...(cursor ? { cursor } : {}),
              })
              expect(page.threads.length).toBeLessThanOrEqual(limit)
              for (const thread of page.threads) {
                const time = sort === 'created' ? thread.createdAt : thread.updatedAt
                seen.push({ id: thread.threadId, key: `${time} ${thread.threadId}` })
              }
              cursor = page.nextCursor ?? undefined
            } while (cursor)
            const expected = ids.filter((_, n) => cwd === undefined || cwd === `/w/${n % 3}`)
            expect(seen.map(({ id }) => id).sort()).toEqual([...expected].sort())
            const keys = seen.map(({ key }) => key)
            const sorted = [...keys].sort()
            expect(keys).toEqual(direction === 'asc' ? sorted : sorted.reverse())
          },
        ),
        { numRuns: 60 },
      )
    }))

  it('refuses a cursor of another query, a foreign one, and limits out of range', () =>
    withStore(async (store) => {
      await store.createThread({ cwd: '/w' })
      await store.createThread({ cwd: '/w' })
      const { nextCursor } = await store.listThreads({ limit: 1 })
      const refused = { code: 'CURSOR_INVALID' }
      const other = { limit: 1, sort: 'updated', cursor: nextCursor! } as const
      await expect(store.listThreads(other)).rejects.toMatchObject(refused)
      await expect(store.listThreads({ cursor: 'nonsense' })).rejects.toMatchObject(refused)
      for (const limit of [0, -1, 1.5, 1_001, Number.NaN]) {
        await expect(store.listThreads({ limit })).rejects.toMatchObject({
          code: 'ARGUMENT_INVALID',
        })
      }
    }))

  it('filters by archive, parent, name, provider, source and text; hides what was spawned', () =>
    withStore(async (store) => {
      const top = await store.createThread({ cwd: '/w', name: 'Alpha', modelProvider: 'p1' })
      const child = await store.createThread({ parentThreadId: top, name: 'Beta' })
      const old = await store.createThread({ cwd: '/w', name: 'Gamma', source: 'exec' })
      await store.archiveThreads([old])
      const list = async (options: Parameters<typeof store.listThreads>[0]) =>
        (await store.listThreads(options)).threads.map((thread) => thread.threadId)
      expect(await list({})).toEqual([top])
      expect(await list({ includeSubagents: true })).toEqual([child, top])
      expect(await list({ archived: true })).toEqual([old])
      expect(await list({ parentThreadId: top })).toEqual([child])
      expect(await list({ name: 'Alpha' })).toEqual([top])
      expect(await list({ modelProvider: 'p2' })).toEqual([])
      expect(await list({ archived: true, source: 'exec' })).toEqual([old])
      expect(await list({ search: 'ALPH' })).toEqual([top])
      expect(await list({ cwd: '/nowhere' })).toEqual([])
    }))

  it('shows every change at once, however often the page was asked for before', () =>
    withStore(async (store) => {
      const [a, b, c] = await Promise.all(
        ['Alpha', 'Beta', 'Gamma'].map((name) => store.createThread({ cwd: '/w', name })),
      )
      const queries = [
        {},
        { sort: 'updated', direction: 'asc' },
        { archived: true },
        { scheduled: true },
        { search: 'a' },
        { includeSubagents: true, cwd: '/w' },
      ] as const
      const pages = () => Promise.all(queries.map((query) => store.listThreads(query)))
      let child = ''
      const changes: (() => Promise<unknown>)[] = [
        () => store.appendItems(a!, [message('one more')]),
        () => store.renameThread(b!, 'Delta'),
        () => store.archiveThreads([c!]),
        () => store.unarchiveThreads([c!]),
        () => store.holdThread(a!, 'a reason'),
        () => store.unholdThread(a!),
        () => store.pinThread(a!),
        () => store.forkThread(a!),
        async () => {
          child = await store.createThread({ parentThreadId: b!, cwd: '/w' })
        },
        () => store.deleteThread(child),
        () => store.deleteThread(c!, { in: '30d' }),
        () => store.restoreThreads([c!]),
        () => store.deleteThread(c!),
        () => store.checkpoint(),
      ]
      let differed = 0
      for (const change of changes) {
        const before = await pages()
        expect(await pages()).toEqual(before)
        await change()
        const after = await pages()
        for (const { threads } of after) {
          for (const view of threads) {
            const now = view.state === 'scheduled' ? view : await store.readThread(view.threadId)
            expect(view).toEqual(now)
          }
        }
        differed += JSON.stringify(after) === JSON.stringify(before) ? 0 : 1
      }
      // All but the checkpoint.
      expect(differed).toBe(changes.length - 1)
    }))

  it('hands out pages that a caller may sort, and no caller changes for others', () =>
    withStore(async (store) => {
      for (let n = 0; n < 3; n += 1) await store.createThread({ cwd: '/w' })
      const { threads } = await store.listThreads()
      const order = threads.map(({ threadId }) => threadId)
      ;(threads as unknown[]).reverse()
      expect((await store.listThreads()).threads.map(({ threadId }) => threadId)).toEqual(order)
      expect(() => Object.assign(threads[0]!, { name: 'mine' })).toThrow(TypeError)
    }))
})
