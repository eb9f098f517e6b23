// An operation whose step failed stays open, is tried again, and gives way to a delete: a thread that died
// meanwhile is never published, moved or made whole again.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { filesHolding, filesUnder } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import {
  codeOf,
  errorOf,
  factsOf,
  textItem,
  textsOf,
} from '../support-fixtures/store-state.fixture.js'

const { folder, open } = scratch()
const id = threadIdOf(1)

describe('operations whose step failed', () => {
  it('parks the thread, then is finished by a retry of its own', async () => {
    const broken = failWhile((call, file) => call === 'unlink' && file.includes('/sessions/'))
    const root = await folder()
    const store = await open(root, { disk: broken.disk, retryMs: 1 })
    await store.createThread({ threadId: id })
    const error = await errorOf(() => store.archiveThreads([id]))
    expect(error).toMatchObject({ code: 'THREAD_UNAVAILABLE', outcome: 'unknown' })
    expect(await codeOf(() => store.renameThread(id, 'name'))).toBe('THREAD_UNAVAILABLE')
    expect((await store.verify()).problems.map(({ code }) => code)).toContain('OPERATION_OPEN')
    broken.heal()
    await expect.poll(() => codeOf(() => store.renameThread(id, 'name'))).toBe('resolved')
    expect(await factsOf(store)).toMatchObject({ [id]: { archived: true, name: 'name' } })
    expect((await store.verify()).problems).toEqual([])
  })

  it.each([
    ['create', false],
    ['create', true],
    ['fork', false],
    ['fork', true],
  ])(
    '%s that could not publish gives way to a delete (reopened before: %s)',
    async (kind, reopened) => {
      const secret = 'a-secret-that-only-the-unpublished-thread-holds'
      const broken = failWhile((call, file) => call === 'link' && file.includes(id))
      const root = await folder()
      const store = await open(root, { disk: broken.disk })
      const base = await store.createThread()
      await store.appendItems(base, [textItem('of the base')])
      const make = () =>
        kind === 'create'
          ? store.createThread({ threadId: id, meta: { secret } })
          : store.forkThread(base, { newThreadId: id, copy: true, name: secret })
      expect(await codeOf(make)).toBe('THREAD_UNAVAILABLE')
      if (reopened) await store.reopen()
      const result = await store.deleteThread(id)
      expect(result.state).toBe('deleted')
      expect(await filesHolding(root, secret)).toEqual([])
      expect(await readdir(path.join(root, '.cenotaph', 'staging'))).toEqual([])
      broken.heal()
      await store.reopen()
      expect(await codeOf(() => store.readThread(id))).toBe('THREAD_DELETED')
      expect((await filesUnder(root)).filter((file) => file.includes(`${id}.jsonl`))).toEqual([])
      expect((await store.verify()).problems).toEqual([])
      expect(await textsOf(store, base)).toEqual(['of the base'])
    },
  )

  it('an archive of two, of which one died, still moves the other', async () => {
    const other = threadIdOf(2)
    const broken = failWhile((call, file) => call === 'unlink' && file.includes('/sessions/'))
    const root = await folder()
    const store = await open(root, { disk: broken.disk })
    await store.createThread({ threadId: id })
    await store.createThread({ threadId: other })
    expect(await codeOf(() => store.archiveThreads([id, other]))).toBe('THREAD_UNAVAILABLE')
    const { state } = await store.deleteThread(id)
    expect(state).toBe('erasing')
    broken.heal()
    await store.reopen()
    expect(await store.status(id)).toMatchObject({ state: 'deleted' })
    expect(await factsOf(store)).toEqual({ [other]: { name: null, archived: true, texts: [] } })
    expect((await store.verify()).problems).toEqual([])
  })

  it('a delete that cannot unlink says so, stays dead, and is finished by retry', async () => {
    const broken = failWhile((call, file) => call === 'unlink' && file.endsWith('.jsonl'), 'EPERM')
    const root = await folder()
    const store = await open(root, { disk: broken.disk })
    await store.createThread({ threadId: id, name: 'the name' })
    await store.appendItems(id, [textItem('text')])
    const result = await store.deleteThread(id)
    expect(result).toMatchObject({ state: 'erasing', receipt: null })
    expect(result.pending[0]).toMatchObject({ step: 'delete.unlink' })
    expect(result.pending[0]?.reason).toContain('EPERM')
    expect(result.pending[0]?.nextTry).not.toBeNull()
    expect(await codeOf(() => store.readThread(id))).toBe('THREAD_DELETED')
    expect(await codeOf(() => store.resolveThread('the name'))).toBe('THREAD_NOT_FOUND')
    expect(await store.status(id)).toMatchObject({ state: 'erasing', receiptId: null })
    expect(await store.deleteThread(id)).toMatchObject({ state: 'erasing' })
    expect(await store.retry(id)).toMatchObject({ state: 'erasing' })
    broken.heal()
    const done = await store.retry(id)
    expect(done.state).toBe('deleted')
    expect(done.receipt?.steps.find(({ name }) => name === 'delete.unlink')?.attempts).toBe(3)
    expect((await store.verify()).problems).toEqual([])
  })

  it('deletes that wait behind one whose tombstone cannot be written learn of it', async () => {
    const root = await folder()
    const broken = failWhile((call, file) => call === 'write' && file.endsWith('/tombstones'))
    broken.heal()
    const store = await open(root, { disk: broken.disk })
    const ids = [1, 2, 3].map(threadIdOf)
    for (const threadId of ids) await store.createThread({ threadId })
    broken.fail()
    const codes = await Promise.all(ids.map((one) => codeOf(() => store.deleteThread(one))))
    expect(codes).toEqual(['STORE_FAILED', 'STORE_FAILED', 'STORE_FAILED'])
    broken.heal()
    await store.reopen()
    expect(Object.keys(await factsOf(store))).toEqual(ids)
    expect((await store.deleteThreads(ids)).state).toBe('deleted')
  })
})
