// Ids are not names. A reverted thread has two rollouts, and the second one's base is the thread itself; a legacy fork
// holds its parent's first line; a copy may lie in another day's folder. Who owns a file is said by its name alone.

import { copyFileSync, linkSync, mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  canaryOf,
  type ForeignRollout,
  filesHolding,
  foreignText,
  open,
  ordinalsOf,
  refusal,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  textsOf,
  writeForeign,
} from './store.fixture.js'

const thread = testId(1)
const second = testId(2)
const fork = testId(3)
const other = testId(4)

/** A thread that was reverted to its second line and went on in a rollout of its own. */
const first: ForeignRollout = {
  threadId: thread,
  cwd: canaryOf('first'),
  messages: ['one', 'two', canaryOf('undone')],
}
const prefix = foreignText(first).split('\n').slice(0, 2).join('\n').length + 1
const later: ForeignRollout = {
  threadId: thread,
  rolloutId: second,
  cwd: canaryOf('later'),
  firstOrdinal: 2,
  meta: { history_base: { thread_id: thread, end_ordinal_exclusive: 2, end_byte_offset: prefix } },
  messages: [canaryOf('second'), 'four'],
}
const history = ['one', canaryOf('second'), 'four']

async function withReverted(options = {}): Promise<{ root: string; store: ThreadStore }> {
  const root = path.join(scratch(), 'root')
  const folder = path.join(scratch(), 'source')
  writeForeign(folder, first)
  writeForeign(folder, later)
  const store = await open(root, options)
  const report = await store.importRollouts([folder])
  expect(report.imported.map(({ threadId }) => threadId)).toEqual([thread])
  return { root, store }
}

describe('a reverted thread has two rollouts, the second of which continues the first', () => {
  it('is read as one history, from the start, from the end, and after an append', async () => {
    const { store } = await withReverted()
    expect(await textsOf(store, thread)).toEqual(history)
    expect(await ordinalsOf(store, thread)).toEqual([0, 1, 2, 3, 4])
    const backward: number[] = []
    for await (const item of store.listItems(thread, { reverse: true })) backward.push(item.ordinal)
    expect(backward).toEqual([4, 3, 2, 1, 0])
    const { firstOrdinal } = await store.appendItems(thread, [say('five')])
    expect(firstOrdinal).toBe(5)
    expect(await textsOf(store, thread)).toEqual([...history, 'five'])
  })

  it('is searched without the line that was undone, which a fork may still have', async () => {
    const { store } = await withReverted()
    const placesOf = async (text: string) =>
      (await store.searchThreads(text)).hits.map(({ threadId, ordinal }) => [threadId, ordinal])
    expect(await placesOf(canaryOf('second'))).toEqual([[thread, 3]])
    expect(await placesOf(canaryOf('undone'))).toEqual([])
    const folder = path.join(scratch(), 'fork')
    const base = { thread_id: thread, end_ordinal_exclusive: 4, end_byte_offset: 0 }
    writeForeign(folder, {
      threadId: fork,
      firstOrdinal: 4,
      meta: { forked_from_id: thread, history_base: base },
      messages: ['on its own'],
    })
    await store.importRollouts([folder])
    expect(await textsOf(store, fork)).toEqual(['one', 'two', canaryOf('undone'), 'on its own'])
    expect(await placesOf(canaryOf('undone'))).toEqual([[fork, 3]])
    expect(await placesOf('two')).toEqual([[fork, 2]])
    expect(await placesOf('on its own')).toEqual([[fork, 5]])
  })

  it('is archived and unarchived with both, byte for byte', async () => {
    const { root, store } = await withReverted()
    const before = rolloutsOf(root, thread).map((file) => readFileSync(file))
    expect(before).toHaveLength(2)
    await store.archiveThreads([thread])
    const archived = rolloutsOf(root, thread)
    expect(archived.every((file) => file.includes('archived_sessions'))).toBe(true)
    expect(archived).toHaveLength(2)
    expect(await textsOf(store, thread)).toEqual(history)
    await store.unarchiveThreads([thread])
    expect(rolloutsOf(root, thread).map((file) => readFileSync(file))).toEqual(before)
  })

  it('is deleted with both, and with the line that was undone', async () => {
    const { root, store } = await withReverted()
    const result = await store.deleteThread(thread, { reason: 'over' })
    expect(result.state).toBe('deleted')
    expect(result.receipt?.files).toHaveLength(2)
    expect(rolloutsOf(root, thread)).toEqual([])
    for (const word of ['first', 'later', 'undone', 'second']) {
      expect(filesHolding(root, canaryOf(word))).toEqual([])
    }
    // The id of the second rollout is no thread, and never was.
    await refusal(store.status(second), 'THREAD_NOT_FOUND')
    await store.close()
    for (const word of ['first', 'later', 'undone', 'second']) {
      expect(filesHolding(root, canaryOf(word))).toEqual([])
    }
  })

  it('refuses to die under a fork of either rollout, and lets both kinds live on when they are detached', async () => {
    const { root, store } = await withReverted()
    await store.forkThread(thread, { newThreadId: fork })
    await store.forkThread(thread, { newThreadId: other, throughOrdinal: 1 })
    await store.appendItems(fork, [say('of the fork')])
    const refused = await refusal(store.deleteThread(thread), 'THREAD_HAS_FORKS')
    expect([...(refused.detail.forks as string[])].sort()).toEqual([fork, other])
    const result = await store.deleteThread(thread, { forks: 'detach' })
    expect(result.state).toBe('deleted')
    expect(await textsOf(store, fork)).toEqual([...history, 'of the fork'])
    expect(await ordinalsOf(store, fork)).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(await textsOf(store, other)).toEqual(['one'])
    expect((await store.verify()).problems).toEqual([])
    expect(filesHolding(root, canaryOf('undone'))).toEqual([])
  })

  it('that is itself a fork: its base dies, and the offset between its own rollouts follows', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: other, cwd: '/w' })
    await store.appendItems(other, [say('of the base'), say('x'.repeat(2000))])
    const folder = path.join(scratch(), 'source')
    const one: ForeignRollout = {
      threadId: thread,
      firstOrdinal: 3,
      meta: { history_base: { thread_id: other, end_ordinal_exclusive: 3, end_byte_offset: 0 } },
      messages: ['one', 'undone'],
    }
    const two: ForeignRollout = {
      threadId: thread,
      rolloutId: second,
      firstOrdinal: 5,
      meta: { history_base: { thread_id: thread, end_ordinal_exclusive: 5, end_byte_offset: 1 } },
      messages: ['two'],
    }
    writeForeign(folder, one)
    writeForeign(folder, two)
    await store.importRollouts([folder])
    const before = await textsOf(store, thread)
    expect(before).toEqual(['of the base', 'x'.repeat(2000), 'one', 'two'])
    const result = await store.deleteThread(other, { forks: 'detach' })
    expect(result.state).toBe('deleted')
    expect(await textsOf(store, thread)).toEqual(before)
    const [plain, reverted] = rolloutsOf(root, thread).map((file) => readFileSync(file).toString())
    const meta = JSON.parse(reverted!.split('\n')[0]!) as {
      payload: { history_base: { thread_id: string; end_byte_offset: number } }
    }
    expect(meta.payload.history_base.thread_id).toBe(thread)
    const part = Buffer.from(plain!)
      .subarray(0, meta.payload.history_base.end_byte_offset)
      .toString()
    expect(part.endsWith('\n')).toBe(true)
    expect(part.trimEnd().split('\n').at(-1)).toContain('"one"')
    await store.close()
    const again = await open(root)
    expect(await textsOf(again, thread)).toEqual(before)
    expect((await again.verify()).problems).toEqual([])
  })
})

describe('a file mentions the id of a thread that dies', () => {
  it('a legacy fork with the parent’s first line in it stays, and the receipt names it', async () => {
    const root = path.join(scratch(), 'root')
    const folder = path.join(scratch(), 'source')
    const parent: ForeignRollout = { threadId: thread, legacy: true, messages: ['one', 'two'] }
    const own: ForeignRollout = {
      threadId: fork,
      legacy: true,
      meta: { forked_from_id: thread },
      messages: [],
    }
    writeForeign(folder, parent)
    const text =
      foreignText(own) +
      foreignText(parent) +
      foreignText({ ...own, messages: ['three'] }).split('\n')[1] +
      '\n'
    writeForeign(folder, own, text)
    const store = await open(root)
    await store.importRollouts([folder])
    expect(text.split(thread).length).toBeGreaterThan(2)
    const result = await store.deleteThread(thread)
    expect(result.state).toBe('deleted')
    expect(result.receipt?.survivingForks).toEqual([{ threadId: fork, kind: 'copy' }])
    expect(readFileSync(rolloutOf(root, fork)).toString()).toBe(text)
    expect(await textsOf(store, fork)).toEqual(['one', 'two', 'three'])
    expect(rolloutsOf(root, thread)).toEqual([])
  })

  it('cascade takes the fork by copy along', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: thread, cwd: '/w' })
    await store.appendItems(thread, [say(canaryOf('shared'))])
    await store.forkThread(thread, { newThreadId: fork, copy: true })
    await store.forkThread(fork, { newThreadId: other })
    const result = await store.deleteThread(thread, { forks: 'cascade' })
    expect([...result.threadIds].sort()).toEqual([thread, fork, other])
    expect(filesHolding(root, canaryOf('shared'))).toEqual([])
  })

  it('duplicates in other day folders and temporaries of it go; another thread’s file with its id in a folder name stays', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    for (const id of [thread, other]) {
      await store.createThread({ threadId: id, cwd: '/w' })
      await store.appendItems(id, [say(canaryOf(id === thread ? 'doomed' : 'kept'))])
    }
    const file = rolloutOf(root, thread)
    const day = path.join(root, 'sessions', '2020', '01', '01')
    mkdirSync(day, { recursive: true })
    copyFileSync(file, path.join(day, path.basename(file)))
    copyFileSync(file, path.join(path.dirname(file), `.${path.basename(file)}.zst.1234.tmp`))
    copyFileSync(file, path.join(root, 'archived_sessions', path.basename(file)))
    const named = path.join(root, 'sessions', thread)
    mkdirSync(named)
    copyFileSync(rolloutOf(root, other), path.join(named, path.basename(rolloutOf(root, other))))
    const outside = path.join(scratch(), 'other-link')
    linkSync(file, outside)

    const result = await store.deleteThread(thread)
    expect(result.state).toBe('deleted')
    expect(filesHolding(root, canaryOf('doomed'))).toEqual([])
    expect(rolloutsOf(root, other)).toHaveLength(2)
    expect(result.receipt?.outOfReach.some((text) => /hard link/.test(text))).toBe(true)
    expect(readFileSync(outside).includes(canaryOf('doomed'))).toBe(true)
  })
})
