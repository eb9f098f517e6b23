import fs from 'node:fs/promises'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'
import type { ThreadStore } from '../thread-store.js'
import type { SearchHit } from './search-thread.js'
import type { SearchThreadsOptions } from './search-threads.js'

async function hitsOf(
  store: ThreadStore,
  text: string,
  options: SearchThreadsOptions = {},
): Promise<SearchHit[]> {
  const hits: SearchHit[] = []
  let cursor: string | undefined
  do {
    const page = await store.searchThreads(text, { ...options, ...(cursor ? { cursor } : {}) })
    expect(page.unread).toEqual([])
    hits.push(...page.hits)
    cursor = page.nextCursor ?? undefined
  } while (cursor)
  return hits
}

const placesOf = (hits: readonly SearchHit[]) =>
  hits.map(({ threadId, ordinal }) => [threadId, ordinal])

const textsOf = async (store: ThreadStore, id: string): Promise<Map<number, string>> => {
  const texts = new Map<number, string>()
  for await (const { ordinal, payload } of store.listItems(id)) {
    const { content } = payload as { content?: { text: string }[] }
    if (content) texts.set(ordinal, content[0]!.text)
  }
  return texts
}

describe('searching threads', () => {
  it('finds lines in plain, compressed and archived rollouts, with what stands around the text', () =>
    withStore(async (store) => {
      const [a, b, c] = await Promise.all(
        ['/a', '/b', '/b'].map((cwd) => store.createThread({ cwd, name: 'Wind and tide' })),
      )
      const long = 'words before it '.repeat(500)
      await store.appendItems(a!, [message('nothing'), message(`${long}the Tide turns${long}`)])
      await store.appendItems(b!, [message(long), message(`${long}a tide of ${long}`)])
      await store.appendItems(c!, [message('high TIDE')])
      await store.compressThreads([b!])
      expect((await store.readThread(b!))?.compressed).toBe(true)
      await store.archiveThreads([c!])
      const found = await hitsOf(store, 'tide')
      expect(placesOf(found)).toEqual(
        expect.arrayContaining([
          [a, 2],
          [b, 2],
        ]),
      )
      expect(found).toHaveLength(2)
      for (const { snippet, match } of found) {
        expect(snippet.slice(match.start, match.end).toLowerCase()).toBe('tide')
        expect(snippet.length).toBeLessThan(140)
        expect(snippet).toMatch(/^….*words before it .*…$/)
      }
      expect(placesOf(await hitsOf(store, 'tide', { archived: true }))).toEqual([[c, 1]])
      expect(placesOf(await hitsOf(store, 'tide', { cwd: '/b' }))).toEqual([[b, 2]])
      expect(placesOf(await hitsOf(store, 'Tide', { caseSensitive: true }))).toEqual([[a, 2]])
      expect(await hitsOf(store, 'wind')).toEqual([])
    }))

  it('hides what was spawned, as a list does, unless it is asked for', () =>
    withStore(async (store) => {
      const parent = await store.createThread({ cwd: '/w' })
      const child = await store.createThread({ parentThreadId: parent })
      await store.appendItems(child, [message('a shell on the beach')])
      expect(await hitsOf(store, 'shell')).toEqual([])
      const asked = [{ includeSubagents: true }, { parentThreadId: parent }]
      for (const options of asked)
        expect(placesOf(await hitsOf(store, 'shell', options))).toEqual([[child, 1]])
    }))

  it('goes on from a cursor in the middle of a thread, in either direction', () =>
    withStore(async (store) => {
      const ids: string[] = []
      for (let n = 0; n < 3; n += 1) {
        ids.push(await store.createThread({ cwd: '/w' }))
        const texts = Array.from({ length: 7 }, (_, index) => message(`shell ${n} ${index}`))
        await store.appendItems(ids[n]!, [...texts, message('sand')])
      }
      for (const direction of ['asc', 'desc'] as const) {
        const all = await hitsOf(store, 'shell', { direction })
        expect(all).toHaveLength(21)
        const order = (await store.listThreads({ direction })).threads.map((one) => one.threadId)
        expect([...new Set(all.map(({ threadId }) => threadId))]).toEqual(order)
        for (const limit of [1, 2, 7, 20])
          expect(await hitsOf(store, 'shell', { direction, limit })).toEqual(all)
      }
      const { nextCursor } = await store.searchThreads('shell', { limit: 1 })
      const other = store.searchThreads('sand', { cursor: nextCursor! })
      await expect(other).rejects.toMatchObject({ code: 'CURSOR_INVALID' })
    }))

  it('tells once what is written twice, as an item and as the event that shows it', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      const event = (text: string) => ({
        type: 'event_msg',
        payload: {
          type: 'item_completed',
          item: { type: 'UserMessage', content: [{ type: 'text', text }] },
        },
      })
      await store.appendItems(id, [
        ...[message('yes'), event('yes')],
        ...[event('yes'), message('yes')],
        ...[message('yes'), message('yes')],
      ])
      expect(placesOf(await hitsOf(store, 'yes'))).toEqual([1, 3, 5, 6].map((at) => [id, at]))
    }))

  it('never tells of the dead, of what waits for its deletion, or of redacted lines', () =>
    withStore(async (store) => {
      const ids: string[] = []
      for (let n = 0; n < 4; n += 1) {
        ids.push(await store.createThread({ cwd: '/w' }))
        await store.appendItems(ids[n]!, [message('a pearl'), message(`pearl ${n}`)])
      }
      const [kept, dead, waiting, redacted] = ids
      await store.compressThreads([redacted!])
      await store.deleteThread(dead!)
      await store.deleteThread(waiting!, { in: '30d' })
      await store.redactItems(redacted!, [{ from: 2, to: 2 }], 'no reason')
      const places = placesOf(await hitsOf(store, 'pearl'))
      expect(places.sort()).toEqual(
        [
          [kept, 1],
          [kept, 2],
          [redacted, 1],
        ].sort(),
      )
    }))

  it('names the threads that it could not read, and goes on', () =>
    withStore(async (store, root) => {
      const whole = await store.createThread({ cwd: '/w' })
      const cut = await store.createThread({ cwd: '/w' })
      for (const id of [whole, cut]) await store.appendItems(id, [message('a gull')])
      await store.checkpoint()
      const sessions = path.join(root, 'sessions')
      const names = await fs.readdir(sessions, { recursive: true })
      const file = path.join(sessions, names.find((name) => name.endsWith(`${cut}.jsonl`))!)
      await fs.truncate(file, 40)
      const { hits, unread } = await store.searchThreads('gull')
      expect(placesOf(hits)).toEqual([[whole, 1]])
      expect(unread).toEqual([{ threadId: cut, code: 'ROLLOUT_SHORT' }])
    }))

  it('ends with its signal and with the store, and refuses what is no search', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('a gull')])
      const signal = AbortSignal.abort(new Error('enough'))
      await expect(store.searchThreads('gull', { signal })).rejects.toThrow('enough')
      const late = new AbortController()
      const stopped = store.searchThreads('gull', { signal: late.signal })
      late.abort(new Error('later'))
      await expect(stopped).rejects.toThrow('later')
      const refused = { code: 'ARGUMENT_INVALID' }
      for (const text of ['', 'x'.repeat(1_001), 5 as unknown as string])
        await expect(async () => store.searchThreads(text)).rejects.toMatchObject(refused)
      for (const options of [{ limit: 0 }, { limit: 1_001 }, { archived: 'yes' as never }])
        await expect(store.searchThreads('x', options)).rejects.toMatchObject(refused)
      const closed = { code: 'STORE_CLOSED' }
      const open = store.searchThreads('gull').then(
        () => closed,
        (error: unknown) => error,
      )
      await store.close()
      expect(await open).toMatchObject(closed)
      await expect(store.searchThreads('gull')).rejects.toMatchObject(closed)
    }))

  it('counts the lines of a thread whose lines have no numbers', () =>
    withStore(async (store, root) => {
      const id = '01a1f978-cef9-7d23-b14b-5a828841020f'
      const line = (type: string, payload: unknown) =>
        `${JSON.stringify({ timestamp: '2026-01-05T12:00:00.000Z', type, payload })}\n`
      const meta = { id, timestamp: '2026-01-05T12:00:00.000Z', cwd: '/w', source: 'cli' }
      const lines = Array.from({ length: 400 }, (_, index) =>
        line('response_item', message(index % 100 === 50 ? `gull ${index}` : 'sand').payload),
      )
      const file = path.join(path.dirname(root), `rollout-2026-01-05T12-00-00-${id}.jsonl`)
      await fs.writeFile(file, [line('session_meta', meta), 'not json\n', ...lines].join(''))
      await store.importRollouts([file])
      const hits = await hitsOf(store, 'gull', { limit: 3 })
      expect(placesOf(hits)).toEqual([51, 151, 251, 351].map((at) => [id, at]))
      for (const { ordinal } of hits)
        expect((await textsOf(store, id)).get(ordinal)).toContain('gull')
    }))
})

describe('a line that several threads have', () => {
  it('is that of its base, and where that is not searched, of one fork alone', () =>
    withStore(async (store) => {
      const base = await store.createThread({ cwd: '/base' })
      const texts = Array.from({ length: 10 }, (_, index) => message(`coral ${index + 1}`))
      await store.appendItems(base, texts)
      const forks: string[] = []
      for (const throughOrdinal of [4, 8]) {
        const { threadId } = await store.forkThread(base, { throughOrdinal })
        forks.push(threadId)
        await store.appendItems(threadId, [message(`coral of ${throughOrdinal}`)])
      }
      const [short, long] = forks.sort()
      const ends = new Map<string, number>()
      for (const id of forks) ends.set(id, Math.max(...(await textsOf(store, id)).keys()))
      const own = (id: string) => [id, ends.get(id)]
      const inBase = Array.from({ length: 10 }, (_, index) => [base, index + 1])
      const all = placesOf(await hitsOf(store, 'coral'))
      expect(all.sort()).toEqual([...inBase, own(short!), own(long!)].sort())
      // Both forks have the first lines: they are those of the smaller id, the rest of who has them.
      const shared = (upTo: Map<string, number>) =>
        Array.from({ length: 8 }, (_, index) => index + 1).map((ordinal) => [
          ordinal <= upTo.get(short!)! ? short : long,
          ordinal,
        ])
      const inherited = new Map(forks.map((id) => [id, ends.get(id)! - 2]))
      await store.deleteThread(base, { in: '30d', forks: 'detach' })
      const hidden = placesOf(await hitsOf(store, 'coral'))
      expect(hidden.sort()).toEqual([...shared(inherited), own(short!), own(long!)].sort())
    }))

  it('is told exactly once, whatever was forked, archived, compressed, redacted and deleted', async () => {
    let told = 0
    let exact = 0
    const action = fc.record({
      kind: fc.constantFrom(
        ...['append', 'append', 'fork', 'fork', 'copy', 'archive', 'compress'],
        ...['redact', 'delete', 'schedule'],
      ),
      at: fc.nat(20),
      through: fc.nat(12),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 3, maxLength: 14 }),
        fc.integer({ min: 1, max: 5 }),
        (actions, limit) =>
          withStore(async (store) => {
            let next = 0
            const made: string[] = []
            const line = () => message(`urchin-${next++} in the sand`)
            const create = async (cwd: string) => {
              const id = await store.createThread({ cwd })
              await store.appendItems(id, [line(), line(), line()])
              made.push(id)
            }
            await create('/a')
            await create('/b')
            for (const { kind, at, through } of actions) {
              const id = made[at % made.length]!
              await act(store, { kind, id, through, line, made }).catch((error: unknown) => {
                if (!(error instanceof Error && 'code' in error)) throw error
              })
            }
            for (const filter of [{}, { archived: true }, { cwd: '/a' }]) {
              const { threads } = await store.listThreads({ ...filter, limit: 1_000 })
              const visible = new Map<string, Map<number, string>>()
              for (const { threadId } of threads)
                visible.set(threadId, await textsOf(store, threadId))
              const copies = await copiesIn(store, threads, visible)
              const hits = await hitsOf(store, 'urchin-', { ...filter, limit })
              for (const { threadId, ordinal, snippet } of hits)
                expect(visible.get(threadId)?.get(ordinal)).toBe(snippet)
              const found = hits.map(({ snippet }) => snippet).sort()
              const expected = [...visible.values()].flatMap((texts) =>
                [...texts.values()].filter((text) => text.startsWith('urchin-')),
              )
              expect([...new Set(found)]).toEqual([...new Set(expected)].sort())
              told += found.length
              if (copies) continue
              expect(found).toEqual([...new Set(expected)].sort())
              exact += 1
            }
          }),
      ),
      { numRuns: 25 },
    )
    expect(told).toBeGreaterThan(100)
    expect(exact).toBeGreaterThan(20)
  }, 240_000)
})

/** Copies hold their lines themselves, and so does a fork that outlived its base. */
async function copiesIn(
  store: ThreadStore,
  threads: readonly { threadId: string; forkedFromId: string | null; items: number }[],
  visible: ReadonlyMap<string, ReadonlyMap<number, string>>,
): Promise<boolean> {
  for (const { threadId, forkedFromId } of threads) {
    if (forkedFromId === null) continue
    const view = await store.readThread(threadId)
    // Its own lines, and the session_meta that each rollout begins with.
    if ((view?.items ?? 0) > (visible.get(threadId)?.size ?? 0)) return true
  }
  return false
}

async function act(
  store: ThreadStore,
  {
    kind,
    id,
    through,
    line,
    made,
  }: {
    kind: string
    id: string
    through: number
    line: () => ReturnType<typeof message>
    made: string[]
  },
): Promise<void> {
  switch (kind) {
    case 'append':
      await store.appendItems(id, [line(), line()])
      return
    case 'fork':
    case 'copy': {
      const { nextOrdinal } = (await store.readThread(id))!
      const throughOrdinal = through % nextOrdinal
      const { threadId } = await store.forkThread(id, { throughOrdinal, copy: kind === 'copy' })
      made.push(threadId)
      await store.appendItems(threadId, [line()])
      return
    }
    case 'archive':
      await store.archiveThreads([id])
      return
    case 'compress':
      await store.compressThreads([id])
      return
    case 'redact':
      await store.redactItems(id, [{ from: through, to: through }], 'no reason')
      return
    case 'delete':
      await store.deleteThread(id, { forks: 'detach' })
      return
    default:
      await store.deleteThread(id, { in: '30d', forks: 'detach' })
  }
}
