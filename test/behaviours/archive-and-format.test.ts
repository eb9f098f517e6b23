import { appendFile, readFile, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { lineOf, metaPayload, writeRollout } from '../support-fixtures/codex-files.fixture.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { filesUnder, rolloutOf } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { kinds, scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  linesOf,
  livingIds,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const [one, two, three] = [1, 2, 3].map(threadIdOf) as [string, string, string]

const rollouts = async (store: ThreadStore): Promise<string[]> =>
  (await filesUnder(store.root)).filter((name) => name.includes('.jsonl'))

const message = (text: string, ordinal: number | null) =>
  lineOf('response_item', textItem(text).payload, ordinal)

async function imported(rollout: Parameters<typeof writeRollout>[1]): Promise<ThreadStore> {
  const home = await stores.folder()
  await writeRollout(home, rollout)
  const store = await stores.store()
  await store.importRollouts([home])
  return store
}

const ordinalsOf = async (store: ThreadStore, id: string): Promise<number[]> => {
  const ordinals: number[] = []
  for await (const { ordinal } of store.listItems(id)) ordinals.push(ordinal)
  return ordinals
}

describe('archive and unarchive', () => {
  it('behaviour 19: moves the file to the flat folder, and lists it only among the archived', async () => {
    const store = await stores.store()
    await store.createThread({ threadId: one })
    const before = await rolloutOf(store.root, one)
    const bytes = await readFile(before)
    await store.archiveThreads([one])
    expect(await rollouts(store)).toEqual([path.join('archived_sessions', path.basename(before))])
    expect(await readFile(await rolloutOf(store.root, one))).toEqual(bytes)
    expect((await store.listThreads()).threads).toEqual([])
    const archived = await store.listThreads({ archived: true })
    expect(archived.threads.map(({ threadId }) => threadId)).toEqual([one])
  })

  it('behaviour 20: a thread that was never persisted cannot be archived: it does not exist', async () => {
    const store = await stores.store()
    const recorder = store.recorder({ create: { threadId: one } })
    await recorder.add(textItem('in memory'))
    expect(await codeOf(() => store.archiveThreads([one]))).toBe('THREAD_NOT_FOUND')
    await recorder.shutdown()
    expect(await codeOf(() => store.archiveThreads([one]))).toBe('resolved')
  })

  it.each(kinds)(
    'behaviour 21: cascades to descendants, and is one operation for all of them, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      await store.createThread({ threadId: two, parentThreadId: one })
      await store.createThread({ threadId: three, parentThreadId: two })
      await store.archiveThreads([three])
      expect([...(await store.archiveThreads([one]))].sort()).toEqual([one, two])
      for (const id of [one, two, three])
        expect((await store.readThread(id))?.state).toBe('archived')
    },
  )

  it.each(kinds)(
    'behaviour 23: a thread is resumed again once it is unarchived, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      await store.archiveThreads([one])
      expect(await codeOf(() => store.resumeThread(one))).toBe('THREAD_ARCHIVED')
      await store.unarchiveThreads([one])
      expect((await store.resumeThread(one)).thread.state).toBe('active')
    },
  )

  it('behaviour 24: unarchive restores the day folder of the name, and leaves the last activity as it was', async () => {
    const store = await stores.store()
    await store.createThread({ threadId: one })
    const before = await rolloutOf(store.root, one)
    const { updatedAt } = (await store.readThread(one))!
    await store.archiveThreads([one])
    await store.unarchiveThreads([one])
    expect(await rolloutOf(store.root, one)).toBe(before)
    expect((await store.readThread(one))?.updatedAt).toBe(updatedAt)
  })

  it.each(kinds)(
    'behaviour 25: resume of an archived id is THREAD_ARCHIVED, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      await store.createThread({ threadId: one })
      await store.archiveThreads([one])
      expect(await codeOf(() => store.resumeThread(one))).toBe('THREAD_ARCHIVED')
      expect(await codeOf(() => store.recorder({ threadId: one }).persist())).toBe(
        'THREAD_ARCHIVED',
      )
    },
  )
})

describe('recorder', () => {
  it('behaviour 26: no file before persist, or a flush with items; an empty shutdown leaves none', async () => {
    const store = await stores.store()
    const recorder = store.recorder({ create: { threadId: one } })
    await recorder.flush()
    expect(await rollouts(store)).toEqual([])
    await recorder.add(textItem('first'))
    expect(await rollouts(store)).toEqual([])
    await recorder.flush()
    expect(await rollouts(store)).toHaveLength(1)
    await recorder.shutdown()
    const other = store.recorder({ create: { threadId: two } })
    await other.shutdown()
    expect(await livingIds(store)).toEqual([one])
    expect(await rollouts(store)).toHaveLength(1)
  })

  it('behaviour 27: session_meta is the first line, and session_id is there, equal to id', async () => {
    const store = await stores.store()
    await store.createThread({ threadId: one })
    const first = JSON.parse((await linesOf(store, one))[0]!)
    expect(first).toMatchObject({
      ordinal: 0,
      type: 'session_meta',
      payload: { id: one, session_id: one },
    })
    for (const field of ['timestamp', 'cwd', 'originator', 'cli_version']) {
      expect(typeof first.payload[field]).toBe('string')
    }
  })

  it('behaviour 28: an append behind a torn tail begins with a newline; earlier records stay readable', async () => {
    const torn = '{"timestamp":"2026-11-20T10:20:30.000Z","ordinal":2,"type":"resp'
    const store = await imported({ id: one, lines: [message('whole', 1)], tail: torn })
    await store.appendItems(one, [textItem('after')])
    expect(await textsOf(store, one)).toEqual(['whole', 'after'])
    const text = await readFile(await rolloutOf(store.root, one), 'utf8')
    expect(text).toContain(`${torn}\n{`)
    expect(text.endsWith('\n')).toBe(true)
    await store.reopen()
    expect(await textsOf(store, one)).toEqual(['whole', 'after'])
  })

  it('behaviour 29: a failed write keeps the items; the next barrier writes each once, in order', async () => {
    const broken = failWhile((call, file) => call === 'write' && file.endsWith('.jsonl'))
    broken.heal()
    const store = await stores.store({ disk: broken.disk })
    const recorder = store.recorder({ create: { threadId: one } })
    await recorder.add(textItem('0'))
    await recorder.persist()
    broken.fail()
    await recorder.add(textItem('1'), textItem('2'))
    expect(await codeOf(() => recorder.flush())).toBe('STORE_FAILED')
    await recorder.add(textItem('3'))
    broken.heal()
    await store.reopen()
    await recorder.flush()
    expect(await textsOf(store, one)).toEqual(['0', '1', '2', '3'])
    expect((await store.verify()).problems).toEqual([])
  })

  it('behaviour 30: a persist that failed can be tried again', async () => {
    const broken = failWhile((call, file) => call === 'create' && file.includes('/staging/'))
    const store = await stores.store({ disk: broken.disk })
    const recorder = store.recorder({ create: { threadId: one } })
    await recorder.add(textItem('kept'))
    expect(await codeOf(() => recorder.persist())).toBe('DISK_ERROR')
    broken.heal()
    if (store.failure) await store.reopen()
    expect(await recorder.persist()).toBe(one)
    expect(await textsOf(store, one)).toEqual(['kept'])
  })
})

describe('format', () => {
  it('behaviour 31: legacy rollouts get no ordinals; paginated ones begin at 0, forks where the base ends', async () => {
    const legacy = await imported({
      id: one,
      meta: { history_mode: 'legacy' },
      firstOrdinal: null,
      lines: [message('old', null)],
    })
    await legacy.appendItems(one, [textItem('new')])
    for (const line of await linesOf(legacy, one)) expect(JSON.parse(line).ordinal).toBeUndefined()
    const store = await stores.store()
    await store.createThread({ threadId: one })
    await store.appendItems(one, [textItem('a'), textItem('b')])
    await store.forkThread(one, { newThreadId: two })
    await store.appendItems(two, [textItem('c')])
    expect(await ordinalsOf(store, two)).toEqual([0, 1, 2, 3, 4])
    const own = (await readFile(await rolloutOf(store.root, two), 'utf8')).split('\n').slice(0, -1)
    expect(own.map((line) => JSON.parse(line).ordinal)).toEqual([3, 4])
  })

  it('behaviour 32: behind a gap of ordinals it goes on from the last valid record', async () => {
    const store = await imported({ id: one, lines: [message('a', 1), 'no line', message('b', 7)] })
    await store.appendItems(one, [textItem('c')], { expectedOrdinal: 8 })
    expect(await ordinalsOf(store, one)).toEqual([0, 1, 7, 8])
    expect(await textsOf(store, one)).toEqual(['a', 'b', 'c'])
  })

  it('behaviour 33: an ordinal overflow is ORDINAL_OVERFLOW, and nothing is written', async () => {
    const store = await imported({ id: one, lines: [message('last', Number.MAX_SAFE_INTEGER - 1)] })
    const file = await rolloutOf(store.root, one)
    const { size } = await stat(file)
    expect(await codeOf(() => store.appendItems(one, [textItem('no'), textItem('no')]))).toBe(
      'ORDINAL_OVERFLOW',
    )
    expect((await stat(file)).size).toBe(size)
    expect((await store.readThread(one))?.items).toBe(2)
  })

  it('behaviour 35: an unknown history_mode is kept and read by what its lines say', async () => {
    const store = await imported({
      id: one,
      meta: { history_mode: 'of-tomorrow' },
      lines: [message('a', 1), lineOf('session_meta', metaPayload(two, { history_mode: '?' }), 2)],
    })
    expect(await textsOf(store, one)).toEqual(['a'])
    expect((await linesOf(store, one))[0]).toContain('of-tomorrow')
    await store.appendItems(one, [textItem('b')], { expectedOrdinal: 3 })
    expect(await textsOf(store, one)).toEqual(['a', 'b'])
  })

  it('behaviour 36: ghost_snapshot lines are kept byte for byte, as everything that others wrote', async () => {
    const ghost = lineOf('response_item', { type: 'ghost_snapshot', ghost_commit: { id: 'x' } }, 1)
    const store = await imported({ id: one, lines: [ghost, message('a', 2)] })
    expect((await linesOf(store, one))[1]).toBe(ghost)
  })

  it('behaviour 37: opening for append keeps the time of the file', async () => {
    const store = await stores.store()
    await store.createThread({ threadId: one })
    const file = await rolloutOf(store.root, one)
    await utimes(file, 1_000_000_000, 1_000_000_000)
    const { recorder } = await store.resumeThread(one)
    await store.reopen()
    await recorder.shutdown()
    await store.recorder({ threadId: one }).persist()
    expect((await stat(file)).mtimeMs).toBe(1_000_000_000_000)
  })

  it('behaviour 38: transient events are not written, and the answer says so; the mode decides the rest', async () => {
    const userMessage = {
      type: 'user_message',
      message: 'm',
      images: [],
      local_images: [],
      text_elements: [],
    }
    const completed = {
      type: 'item_completed',
      item: { type: 'AgentMessage', id: 'a', content: [] },
    }
    const items = [
      { type: 'event_msg', payload: { type: 'agent_message_delta', delta: 'd' } },
      { type: 'event_msg', payload: userMessage },
      { type: 'event_msg', payload: completed },
      textItem('kept'),
    ]
    const store = await stores.store()
    await store.createThread({ threadId: one })
    const paginated = await store.appendItems(one, items)
    expect(paginated.dropped.map(({ index }) => index)).toEqual([0, 1])
    expect(paginated).toMatchObject({ written: 2, firstOrdinal: 1, lastOrdinal: 2 })
    const legacy = await imported({ id: two, meta: { history_mode: 'legacy' }, firstOrdinal: null })
    const { dropped } = await legacy.appendItems(two, items)
    expect(dropped.map(({ index }) => index)).toEqual([0, 2])
    for (const { why } of dropped) expect(why).toMatch(/^policy\./)
  })
})

describe('names', () => {
  const nameLine = (id: string, name: string, second = 0): string =>
    `${JSON.stringify({ id, thread_name: name, updated_at: `2026-11-20T10:20:0${second}Z` })}\n`

  async function home(index: string): Promise<string> {
    const folder = await stores.folder()
    for (const id of [one, two]) await writeRollout(folder, { id, lines: [message(id, 1)] })
    await appendFile(path.join(folder, 'session_index.jsonl'), index)
    return folder
  }

  it.each(kinds)(
    'behaviour 46: the latest name wins, and a former one no longer resolves, %s',
    async (_where, kept) => {
      const store = await stores.store(kept)
      const folder = await home(nameLine(one, 'former') + nameLine(one, 'latest', 1))
      await store.importRollouts([folder])
      expect(await store.resolveThread('latest')).toBe(one)
      expect(await codeOf(() => store.resolveThread('former'))).toBe('THREAD_NOT_FOUND')
      await store.renameThread(one, 'renamed')
      expect(await store.resolveThread('renamed')).toBe(one)
      expect(await codeOf(() => store.resolveThread('latest'))).toBe('THREAD_NOT_FOUND')
    },
  )

  it('behaviour 47: names of threads that are not there are passed over; of two threads none is guessed', async () => {
    const store = await stores.store()
    const folder = await home(nameLine(three, 'shared') + nameLine(one, 'shared', 1))
    await store.importRollouts([folder])
    expect(await store.resolveThread('shared')).toBe(one)
    await store.renameThread(two, 'shared')
    expect(await codeOf(() => store.resolveThread('shared'))).toBe('THREAD_AMBIGUOUS')
  })

  it('behaviour 48: malformed lines of the index are passed over', async () => {
    const store = await stores.store()
    const folder = await home(
      `{"id":\n\0\n[]\n${nameLine(two, 'good')}{"id":"${one}","thread_name":""}\n{"torn`,
    )
    await store.importRollouts([folder])
    expect((await store.readThread(two))?.name).toBe('good')
    expect((await store.readThread(one))?.name).toBeNull()
    await rm(folder, { recursive: true })
    expect(await textsOf(store, two)).toEqual([two])
  })
})
