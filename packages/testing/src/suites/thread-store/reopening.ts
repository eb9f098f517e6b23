// A store that was closed and opened again is the store that it was.

import assert from 'node:assert/strict'
import { listedIds, messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { having, type ThreadStoreLike } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, StorePlace, Supports } from '../thread-store-suite.js'

const ids = [1, 2, 3, 4, 5, 6, 7].map(threadIdOf)
const [one, two, dead, archived, held, dated, fork] = ids as [
  string,
  string,
  string,
  string,
  string,
  string,
  string,
]

function reopened(place: StorePlace): Promise<ThreadStoreLike> {
  assert(place.reopen, 'supports.reopen needs reopen')
  return place.reopen()
}

export function testReopening(check: Check, supports: Supports): void {
  check('lines, names, lists and deaths are as they were', async (place) => {
    const { store } = place
    for (const threadId of [one, two, dead]) await store.createThread({ threadId, name: threadId })
    for (let count = 0; count < 5; count += 1)
      await store.appendItems(one, [messageOf(`${count}`), messageOf(`${count} more`)])
    await store.renameThread(two, 'renamed')
    await store.deleteThreads([dead])
    const texts = await textsOf(store, one)
    assert.equal(texts.length, 10)
    let again = store
    for (let round = 0; round < 2; round += 1) {
      again = await reopened(place)
      assert.deepEqual(await textsOf(again, one), texts)
      assert.equal((await again.readThread(two))?.name, 'renamed')
      assert.deepEqual((await listedIds(again)).sort(), [one, two])
      await refused(() => again.readThread(dead), 'THREAD_DELETED')
      await refused(() => again.createThread({ threadId: dead }), 'THREAD_DELETED')
    }
    const { firstOrdinal } = await again.appendItems(one, [messageOf('after')])
    assert.deepEqual(await textsOf(again, one), [...texts, 'after'])
    if (firstOrdinal !== undefined) assert(firstOrdinal! >= texts.length)
  })

  check('an empty store is empty, and a store may be reopened at once', async (place) => {
    const again = await reopened(place)
    assert.deepEqual(await listedIds(again), [])
    await again.createThread({ threadId: one })
    assert.deepEqual(await listedIds(await reopened(place)), [one])
  })

  check('everything else that a store was told is there too', async (place) => {
    const { store } = place
    for (const threadId of [one, archived, held, dated]) await store.createThread({ threadId })
    await store.appendItems(one, [messageOf('a line')])
    if (supports.archive) await having(store, 'archiveThreads').archiveThreads([archived])
    if (supports.hold) await having(store, 'holdThread').holdThread(held, 'kept')
    if (supports.schedule) await store.deleteThreads([dated], { in: '30d' })
    if (supports.fork) await having(store, 'forkThread').forkThread(one, { newThreadId: fork })
    if (supports.attachments)
      await having(store, 'attachments').attachments(one).put('goal', 'a', { kept: true })
    const key = { idempotencyKey: 'job' }
    const once = supports.idempotency
      ? await store.appendItems(one, [messageOf('once')], key)
      : undefined
    const again = await reopened(place)
    const isArchived = supports.archive ? 'archived' : 'active'
    assert.equal((await again.readThread(archived))?.state, isArchived)
    if (supports.hold) await refused(() => again.deleteThreads([held]), 'THREAD_HELD')
    if (supports.schedule) {
      await refused(() => again.readThread(dated), 'THREAD_SCHEDULED')
      await having(again, 'restoreThreads').restoreThreads([dated])
      assert.equal((await again.readThread(dated))?.state, 'active')
    }
    if (supports.fork) assert.deepEqual(await textsOf(again, fork), ['a line'])
    if (supports.attachments) {
      const attachments = having(again, 'attachments').attachments(one)
      assert.deepEqual(await attachments.get('goal', 'a'), { kept: true })
    }
    if (once) {
      assert.deepEqual(await again.appendItems(one, [messageOf('once')], key), once)
      assert.deepEqual(await textsOf(again, one), ['a line', 'once'])
    }
  })
}
