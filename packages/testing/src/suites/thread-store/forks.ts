// Forks: they begin with what their base had, and then each goes its own way.

import assert from 'node:assert/strict'
import { listedIds, messageOf, messagesOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { having } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, StorePlace, Supports } from '../thread-store-suite.js'

const [base, fork, second] = [1, 2, 3].map(threadIdOf) as [string, string, string]

async function forked(place: StorePlace, copy: boolean) {
  const store = having(place.store, 'forkThread')
  await store.createThread({ threadId: base, name: 'base' })
  await store.appendItems(base, [messageOf('one'), messageOf('two')])
  await store.forkThread(base, { newThreadId: fork, copy })
  return store
}

export function testForks(check: Check, { archive }: Supports): void {
  for (const copy of [false, true]) {
    const how = copy ? 'by copy' : 'by reference'

    check(`a fork ${how} has the lines of its base, and each goes on alone`, async (place) => {
      const store = await forked(place, copy)
      await store.appendItems(base, [messageOf('of the base')])
      await store.appendItems(fork, [messageOf('of the fork')])
      await store.renameThread(fork, 'fork')
      assert.deepEqual(await textsOf(store, base), ['one', 'two', 'of the base'])
      assert.deepEqual(await textsOf(store, fork), ['one', 'two', 'of the fork'])
      assert.equal((await store.readThread(base))?.name, 'base')
      assert.equal((await store.readThread(fork))?.forkedFromId ?? base, base)
      assert.deepEqual(
        await messagesOf(store, fork, { reverse: true }),
        await messagesOf(store, fork),
      )
      await store.forkThread(fork, { newThreadId: second, copy, name: 'second' })
      assert.deepEqual(await textsOf(store, second), ['one', 'two', 'of the fork'])
      assert.equal((await store.readThread(second))?.name, 'second')
    })

    check(`a fork ${how} outlives a base that is deleted with detach`, async (place) => {
      const store = await forked(place, copy)
      await store.appendItems(fork, [messageOf('of the fork')])
      await store.deleteThreads([base], { forks: 'detach' })
      assert.deepEqual(await textsOf(store, fork), ['one', 'two', 'of the fork'])
      await store.appendItems(fork, [messageOf('later')])
      assert.deepEqual(await textsOf(store, fork), ['one', 'two', 'of the fork', 'later'])
      assert.deepEqual(await listedIds(store), [fork])
    })

    check(`a fork ${how} goes along with cascade`, async (place) => {
      const store = await forked(place, copy)
      const { threadIds } = await store.deleteThreads([base], { forks: 'cascade' })
      assert.deepEqual([...threadIds].sort(), [base, fork])
      await refused(() => store.readThread(fork), 'THREAD_DELETED')
    })

    check(`deleting a fork ${how} leaves its base alone`, async (place) => {
      const store = await forked(place, copy)
      await store.deleteThreads([fork])
      assert.deepEqual(await textsOf(store, base), ['one', 'two'])
      assert.equal((await store.deleteThreads([base])).state, 'deleted')
    })
  }

  check(
    'a base that forks continue is not deleted unasked; one that was copied is',
    async (place) => {
      const store = await forked(place, false)
      await store.forkThread(base, { newThreadId: second, copy: true })
      await refused(() => store.deleteThreads([base]), 'THREAD_HAS_FORKS')
      assert.deepEqual(await textsOf(store, base), ['one', 'two'])
      await store.deleteThreads([fork])
      assert.equal((await store.deleteThreads([base])).state, 'deleted')
      assert.deepEqual(await textsOf(store, second), ['one', 'two'])
    },
  )

  check('a fork ends where it was told to', async (place) => {
    const store = having(place.store, 'forkThread')
    await store.createThread({ threadId: base })
    await store.appendItems(base, ['one', 'two', 'three'].map(messageOf))
    const [, two] = await messagesOf(store, base)
    await store.forkThread(base, { newThreadId: fork, throughOrdinal: two!.ordinal })
    assert.deepEqual(await textsOf(store, fork), ['one', 'two'])
  })

  check('what is not there, dead, taken or archived is not forked', async (place) => {
    const store = await forked(place, false)
    await refused(() => store.forkThread(base, { newThreadId: fork }), 'THREAD_EXISTS')
    await refused(() => store.forkThread(threadIdOf(99), {}), 'THREAD_NOT_FOUND')
    await store.deleteThreads([fork])
    await refused(() => store.forkThread(fork, { newThreadId: second }), 'THREAD_DELETED')
    await refused(() => store.forkThread(base, { newThreadId: fork }), 'THREAD_DELETED')
    if (archive) {
      await having(store, 'archiveThreads').archiveThreads([base])
      await refused(() => store.forkThread(base, { newThreadId: second }), 'THREAD_ARCHIVED')
    }
    assert.equal(await store.readThread(second), undefined)
  })
}
