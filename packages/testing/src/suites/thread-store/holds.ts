// Holds: what is on hold is not deleted, whoever asks.

import assert from 'node:assert/strict'
import { messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { having, type ThreadStoreLike } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'

const [one, child, fork] = [1, 2, 3].map(threadIdOf) as [string, string, string]

const holding = (store: ThreadStoreLike) => having(store, 'holdThread', 'unholdThread', 'listHolds')

export function testHolds(check: Check, supports: Supports): void {
  check('a held thread is not deleted until the hold is taken back', async (place) => {
    const store = holding(place.store)
    await store.createThread({ threadId: one })
    await store.holdThread(one, 'the auditors want it')
    const view = await store.readThread(one)
    assert.deepEqual([view?.held, view?.holdReason], [true, 'the auditors want it'])
    await refused(() => store.deleteThreads([one]), 'THREAD_HELD')
    await store.holdThread(one, 'another reason')
    assert.equal((await store.readThread(one))?.holdReason, 'another reason')
    assert.deepEqual(
      (await store.listHolds()).map(({ threadId }) => threadId),
      [one],
    )
    await store.unholdThread(one)
    await refused(() => store.unholdThread(one), 'THREAD_NOT_HELD')
    assert.deepEqual(await store.listHolds(), [])
    assert.equal((await store.deleteThreads([one])).state, 'deleted')
    await refused(() => store.holdThread(one, 'late'), 'THREAD_DELETED')
  })

  check('a held thread is used like every other', async (place) => {
    const store = holding(place.store)
    await store.createThread({ threadId: one })
    await store.holdThread(one, 'kept')
    await store.appendItems(one, [messageOf('more')])
    await store.renameThread(one, 'renamed')
    if (supports.archive) await having(store, 'archiveThreads').archiveThreads([one])
    assert.deepEqual(await textsOf(store, one), ['more'])
    assert.equal((await store.readThread(one))?.held, true)
  })

  check('what is not there is not held, and a hold needs a reason', async (place) => {
    const store = holding(place.store)
    await refused(() => store.holdThread(one, 'kept'), 'THREAD_NOT_FOUND')
    await refused(() => store.unholdThread(one), 'THREAD_NOT_FOUND')
    await store.createThread({ threadId: one })
    for (const reason of ['', ' ', 'x'.repeat(501)])
      await refused(() => store.holdThread(one, reason), 'ARGUMENT_INVALID')
    assert.equal((await store.readThread(one))?.held, false)
  })

  if (supports.spawn) {
    check('one held thread keeps the whole set that would go with it', async (place) => {
      const store = holding(place.store)
      await store.createThread({ threadId: one })
      await store.createThread({ threadId: child, parentThreadId: one })
      await store.holdThread(child, 'kept')
      await refused(() => store.deleteThreads([one]), 'THREAD_HELD')
      assert.equal((await store.readThread(one))?.state, 'active')
      await store.unholdThread(child)
      assert.equal((await store.deleteThreads([one])).state, 'deleted')
    })
  }

  if (supports.fork) {
    check('a hold is no hold of the base, unless both would go', async (place) => {
      const store = having(holding(place.store), 'forkThread')
      await store.createThread({ threadId: one })
      await store.forkThread(one, { newThreadId: fork })
      await having(store, 'holdThread').holdThread(fork, 'kept')
      await refused(() => store.deleteThreads([one], { forks: 'cascade' }), 'THREAD_HELD')
      assert.equal((await store.deleteThreads([one], { forks: 'detach' })).state, 'deleted')
      assert.equal((await store.readThread(fork))?.held, true)
    })
  }
}
