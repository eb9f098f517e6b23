// Dates: a deletion that waits hides its threads at once, and can be taken back until then.

import assert from 'node:assert/strict'
import { listedIds, messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { having, type ThreadStoreLike } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'

const [one, child, other] = [1, 2, 3].map(threadIdOf) as [string, string, string]
const dayMs = 86_400_000

const scheduling = (store: ThreadStoreLike) => having(store, 'restoreThreads', 'sweep')

export function testSchedule(check: Check, supports: Supports): void {
  check('a thread that waits for its date is hidden, and comes back whole', async (place) => {
    const store = scheduling(place.store)
    await store.createThread({ threadId: one, name: 'kept' })
    await store.createThread({ threadId: other })
    await store.appendItems(one, [messageOf('first')])
    assert.equal((await store.deleteThreads([one], { in: '30d' })).state, 'scheduled')
    const calls = [
      () => store.readThread(one),
      () => textsOf(store, one),
      () => store.appendItems(one, [messageOf('late')]),
      () => store.renameThread(one, 'late'),
      () => store.createThread({ threadId: one }),
    ]
    for (const call of calls) await refused(call, 'THREAD_SCHEDULED')
    assert.deepEqual(await listedIds(store), [other])
    assert.deepEqual(await listedIds(store, { scheduled: true }), [one])
    assert.deepEqual(await store.restoreThreads([one]), [one])
    assert.deepEqual(await textsOf(store, one), ['first'])
    assert.equal((await store.readThread(one))?.name, 'kept')
    await store.appendItems(one, [messageOf('second')])
    assert.deepEqual((await listedIds(store)).sort(), [one, other])
    assert.deepEqual(await listedIds(store, { scheduled: true }), [])
  })

  check('it can be deleted before its date, and then it is gone', async (place) => {
    const store = scheduling(place.store)
    await store.createThread({ threadId: one })
    await store.deleteThreads([one], { in: '30d' })
    await store.deleteThreads([one], { in: '60d' })
    assert.equal((await store.deleteThreads([one])).state, 'deleted')
    await refused(() => store.readThread(one), 'THREAD_DELETED')
    await refused(() => store.restoreThreads([one]), 'THREAD_DELETED')
    assert.deepEqual(await listedIds(store, { scheduled: true }), [])
  })

  check('what does not wait is not restored, and a date is one', async (place) => {
    const store = scheduling(place.store)
    await store.createThread({ threadId: one })
    await refused(() => store.restoreThreads([one]), 'THREAD_NOT_SCHEDULED')
    await refused(() => store.deleteThreads([threadIdOf(99)], { in: '1d' }), 'THREAD_NOT_FOUND')
    for (const wrong of ['', 'soon', '-1d', 0, Number.NaN])
      await refused(() => store.deleteThreads([one], { in: wrong }), 'ARGUMENT_INVALID')
    assert.equal((await store.readThread(one))?.state, 'active')
  })

  if (supports.spawn) {
    check('a tree waits together, and its root brings it back', async (place) => {
      const store = scheduling(place.store)
      await store.createThread({ threadId: one })
      await store.createThread({ threadId: child, parentThreadId: one })
      await store.deleteThreads([one], { in: '30d' })
      await refused(() => store.readThread(child), 'THREAD_SCHEDULED')
      await refused(() => store.restoreThreads([child]), 'THREAD_SCHEDULED')
      assert.deepEqual([...(await store.restoreThreads([one]))].sort(), [one, child])
      assert.equal((await store.readThread(child))?.parentThreadId, one)
    })
  }

  if (supports.hold) {
    check('a held thread gets no date', async (place) => {
      const store = having(scheduling(place.store), 'holdThread')
      await store.createThread({ threadId: one })
      await store.holdThread(one, 'kept')
      await refused(() => store.deleteThreads([one], { in: '30d' }), 'THREAD_HELD')
      assert.equal((await store.readThread(one))?.state, 'active')
    })
  }

  if (supports.time) {
    check('a date that has come deletes, one that has not does not', async (place) => {
      const store = scheduling(place.store)
      for (const threadId of [one, other]) await store.createThread({ threadId })
      await store.deleteThreads([one], { in: '2d' })
      await store.deleteThreads([other], { in: '4d' })
      place.pass?.(dayMs)
      await store.sweep({ confirmClock: true })
      await refused(() => store.readThread(one), 'THREAD_SCHEDULED')
      place.pass?.(2 * dayMs)
      await store.sweep({ confirmClock: true })
      await refused(() => store.readThread(one), 'THREAD_DELETED')
      assert.deepEqual(await store.restoreThreads([other]), [other])
      place.pass?.(2 * dayMs)
      await store.sweep({ confirmClock: true })
      assert.equal((await store.readThread(other))?.state, 'active')
    })
  }
}
