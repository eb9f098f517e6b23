// Archive and unarchive: out of the way, and back unchanged. Never a step towards deletion.

import assert from 'node:assert/strict'
import { listedIds, messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { having, type ThreadStoreLike } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'

const [one, two, child] = [1, 2, 3].map(threadIdOf) as [string, string, string]

const archiving = (store: ThreadStoreLike) => having(store, 'archiveThreads', 'unarchiveThreads')

export function testArchive(check: Check, { spawn }: Supports): void {
  check('an archived thread is out of the way, readable, and takes no lines', async (place) => {
    const store = archiving(place.store)
    for (const threadId of [one, two]) {
      await store.createThread({ threadId })
      await store.appendItems(threadId, [messageOf(`of ${threadId}`)])
    }
    await store.archiveThreads([one])
    assert.equal((await store.readThread(one))?.state, 'archived')
    assert.deepEqual(await textsOf(store, one), [`of ${one}`])
    assert.deepEqual(await listedIds(store), [two])
    assert.deepEqual(await listedIds(store, { archived: true }), [one])
    await refused(() => store.appendItems(one, [messageOf('late')]), 'THREAD_ARCHIVED')
    await store.renameThread(one, 'renamed while archived')
    assert.equal((await store.readThread(one))?.name, 'renamed while archived')
    assert.deepEqual(await textsOf(store, one), [`of ${one}`])
  })

  check('it comes back as it was', async (place) => {
    const store = archiving(place.store)
    await store.createThread({ threadId: one, name: 'kept' })
    await store.appendItems(one, [messageOf('first'), messageOf('second')])
    const read = async () => {
      const lines: string[] = []
      for await (const { line, ordinal, payload } of store.listItems(one))
        lines.push(line ? Buffer.from(line).toString() : JSON.stringify([ordinal, payload]))
      return lines
    }
    const before = await read()
    for (let round = 0; round < 3; round += 1) {
      await store.archiveThreads([one])
      await store.unarchiveThreads([one])
    }
    assert.deepEqual(await read(), before)
    const view = await store.readThread(one)
    assert.deepEqual([view?.name, view?.state], ['kept', 'active'])
    await store.appendItems(one, [messageOf('third')])
    assert.deepEqual(await textsOf(store, one), ['first', 'second', 'third'])
    assert.deepEqual(await listedIds(store), [one])
    assert.deepEqual(await listedIds(store, { archived: true }), [])
  })

  check('what is there already, or not there at all, is refused', async (place) => {
    const store = archiving(place.store)
    for (const threadId of [one, two]) await store.createThread({ threadId })
    await refused(() => store.unarchiveThreads([one]), 'THREAD_NOT_ARCHIVED')
    await store.archiveThreads([one])
    await refused(() => store.archiveThreads([one]), 'THREAD_ARCHIVED')
    await refused(() => store.archiveThreads([threadIdOf(99)]), 'THREAD_NOT_FOUND')
    await refused(() => store.archiveThreads([two, one]), 'THREAD_ARCHIVED')
    assert.deepEqual(await listedIds(store), [two])
    await store.deleteThreads([one])
    await refused(() => store.unarchiveThreads([one]), 'THREAD_DELETED')
    await refused(() => store.archiveThreads([one]), 'THREAD_DELETED')
  })

  check('an archived thread is deleted like every other', async (place) => {
    const store = archiving(place.store)
    await store.createThread({ threadId: one })
    await store.archiveThreads([one])
    assert.equal((await store.deleteThreads([one])).state, 'deleted')
    await refused(() => store.readThread(one), 'THREAD_DELETED')
  })

  if (spawn) {
    check('what a thread spawned goes along, and comes back with it', async (place) => {
      const store = archiving(place.store)
      await store.createThread({ threadId: one })
      await store.createThread({ threadId: child, parentThreadId: one })
      await store.archiveThreads([one])
      assert.deepEqual(
        (await listedIds(store, { archived: true, includeSubagents: true })).sort(),
        [one, child],
      )
      await refused(() => store.createThread({ parentThreadId: one }), 'THREAD_ARCHIVED')
      await store.unarchiveThreads([one])
      assert.equal((await store.readThread(child))?.state, 'active')
    })
  }
}
