// A store whose write failed: mutations are refused at once and say what is known of them, reads go on, `reopen`
// recovers as often as it takes, and lines that were only accepted are never lost without a word.

import { describe, expect, it } from 'vitest'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
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

const rolloutWrites = (call: string, file: string): boolean =>
  call === 'write' && file.endsWith('.jsonl')

async function latched(errno: 'EIO' | 'ENOSPC' = 'EIO') {
  const broken = failWhile(rolloutWrites, errno)
  broken.heal()
  const root = await folder()
  const store = await open(root, { disk: broken.disk })
  await store.createThread({ threadId: id, name: 'name' })
  await store.appendItems(id, [textItem('one')])
  broken.fail()
  const error = await errorOf(() => store.appendItems(id, [textItem('two')]))
  return { store, root, broken, error }
}

describe('a store that closes', () => {
  it('waits for what is under way, and refuses what comes later', async () => {
    const root = await folder()
    const reached: string[] = []
    let closing: Promise<void> | undefined
    const store = await open(root, {
      async crashPoint(name) {
        reached.push(name)
        if (name !== 'archive.move:before') return
        closing = store.close()
        for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
      },
    })
    await store.createThread({ threadId: id })
    const archived = await store.archiveThreads([id])
    expect(archived).toEqual([id])
    expect(await codeOf(() => store.renameThread(id, 'late'))).toBe('STORE_CLOSED')
    await closing
    const again = await open(root)
    expect((await again.readThread(id))?.state).toBe('archived')
    expect((await again.verify()).problems).toEqual([])
  })

  it('leaves no retry running behind it', async () => {
    const root = await folder()
    let unlinks = 0
    const broken = failWhile((call, file) => {
      if (call === 'unlink' && file.endsWith('.jsonl')) unlinks += 1
      return call === 'unlink' && file.endsWith('.jsonl')
    })
    const store = await open(root, { disk: broken.disk, retryMs: 1 })
    await store.createThread({ threadId: id })
    expect((await store.deleteThread(id)).state).toBe('erasing')
    await expect.poll(() => unlinks).toBeGreaterThan(2)
    await store.close()
    const before = unlinks
    for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)
    expect(unlinks).toBe(before)
  })
})

describe('after a write failed', () => {
  it.each(['EIO', 'ENOSPC'] as const)(
    '%s: the outcome is unknown, then refusals are absent',
    async (errno) => {
      const { store, error } = await latched(errno)
      expect(error).toMatchObject({ code: 'STORE_FAILED', outcome: 'unknown' })
      expect(error.detail.diskFull).toBe(errno === 'ENOSPC')
      expect(store.failure?.code).toBe('STORE_FAILED')
      const mutations = [
        () => store.appendItems(id, [textItem('three')]),
        () => store.createThread(),
        () => store.renameThread(id, 'other'),
        () => store.archiveThreads([id]),
        () => store.forkThread(id),
        () => store.deleteThread(id),
        () => store.importRollouts([store.root]),
        () => store.checkpoint(),
        () => store.flush(),
      ]
      for (const mutate of mutations) {
        const refused = await errorOf(mutate)
        expect(refused, String(mutate)).toMatchObject({ code: 'STORE_FAILED', outcome: 'absent' })
      }
    },
  )

  it('reads go on', async () => {
    const { store } = await latched()
    expect(await textsOf(store, id)).toEqual(['one'])
    expect((await store.readThread(id))?.name).toBe('name')
    expect((await store.listThreads()).threads).toHaveLength(1)
    expect(await store.deleteThread(id, { dryRun: true })).toMatchObject({ state: 'planned' })
  })

  it('reopen recovers, and the refused line is there whole or not at all', async () => {
    const { store, broken } = await latched()
    broken.heal()
    await store.reopen()
    expect(store.failure).toBeUndefined()
    expect([['one'], ['one', 'two']]).toContainEqual(await textsOf(store, id))
    await store.appendItems(id, [textItem('three')])
    expect((await store.verify()).problems).toEqual([])
  })

  it('reopen that fails can be called again, also by two callers at once', async () => {
    const root = await folder()
    const broken = failWhile((call, file) => call === 'create' && file.endsWith('owner.json.tmp'))
    broken.heal()
    const store = await open(root, { disk: broken.disk })
    await store.createThread({ threadId: id })
    await store.appendItems(id, [textItem('one')])
    broken.fail()
    for (const _attempt of [1, 2, 3]) expect(await codeOf(() => store.reopen())).toBe('DISK_ERROR')
    expect(store.failure?.code).toBe('STORE_FAILED')
    expect(await codeOf(() => store.sweep())).toBe('STORE_FAILED')
    broken.heal()
    await Promise.all([store.reopen(), store.reopen()])
    expect(await textsOf(store, id)).toEqual(['one'])
    await store.appendItems(id, [textItem('two')])
  })

  it('close tells of buffered lines that nobody waits for', async () => {
    const root = await folder()
    const broken = failWhile(rolloutWrites)
    broken.heal()
    const store = await open(root, { disk: broken.disk })
    await store.createThread({ threadId: id })
    await store.appendItems(id, [textItem('accepted')], { durability: 'buffered' })
    broken.fail()
    expect(await codeOf(() => store.close())).toBe('STORE_FAILED')
  })

  it('close tells of buffered lines whose background flush failed', async () => {
    const root = await folder()
    const broken = failWhile(rolloutWrites)
    broken.heal()
    const store = await open(root, { disk: broken.disk, bufferedMs: 1 })
    await store.createThread({ threadId: id })
    broken.fail()
    await store.appendItems(id, [textItem('accepted')], { durability: 'buffered' })
    await expect.poll(() => store.failure?.code).toBe('STORE_FAILED')
    expect(await codeOf(() => store.close())).toBe('STORE_FAILED')
  })

  it('a failed fsync is not tried again: the journal still has the lines after reopen', async () => {
    const root = await folder()
    const broken = failWhile((call, file) => call === 'sync' && file.endsWith('.jsonl'))
    broken.heal()
    const store = await open(root, { disk: broken.disk })
    await store.createThread({ threadId: id })
    await store.appendItems(id, [textItem('one')])
    broken.fail()
    expect(await codeOf(() => store.checkpoint())).toBe('STORE_FAILED')
    expect(broken.count()).toBe(1)
    expect(await codeOf(() => store.checkpoint())).toBe('STORE_FAILED')
    expect(broken.count()).toBe(1)
    broken.heal()
    await store.reopen()
    expect(await factsOf(store)).toMatchObject({ [id]: { texts: ['one'] } })
  })
})
