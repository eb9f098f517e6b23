// Threads that others spawned: hidden from lists unless asked for, and deleted with them.

import assert from 'node:assert/strict'
import { listedIds, messageOf, threadIdOf } from '../../store/speaking.js'
import { codeOf, refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'

const [root, child, grandchild, other] = [1, 2, 3, 4].map(threadIdOf) as [
  string,
  string,
  string,
  string,
]

export function testSpawning(check: Check, _supports: Supports): void {
  check(
    'a spawned thread knows its parent, and is listed only where asked for',
    async ({ store }) => {
      await store.createThread({ threadId: root })
      await store.createThread({ threadId: child, parentThreadId: root })
      assert.equal((await store.readThread(child))?.parentThreadId, root)
      assert.equal((await store.readThread(root))?.parentThreadId ?? null, null)
      assert.deepEqual(await listedIds(store), [root])
      assert.deepEqual((await listedIds(store, { includeSubagents: true })).sort(), [root, child])
    },
  )

  check('a tree dies with its root, and nobody else does', async ({ store }) => {
    await store.createThread({ threadId: root })
    await store.createThread({ threadId: child, parentThreadId: root })
    await store.createThread({ threadId: grandchild, parentThreadId: child })
    await store.createThread({ threadId: other })
    await store.appendItems(grandchild, [messageOf('deep')])
    const { threadIds } = await store.deleteThreads([root])
    assert.deepEqual([...threadIds].sort(), [root, child, grandchild])
    for (const id of [root, child, grandchild])
      await refused(() => store.readThread(id), 'THREAD_DELETED')
    assert.deepEqual(await listedIds(store, { includeSubagents: true }), [other])
  })

  check('a child dies alone, and a tree is walked through the dead', async ({ store }) => {
    await store.createThread({ threadId: root })
    await store.createThread({ threadId: child, parentThreadId: root })
    await store.deleteThreads([child])
    assert.equal((await store.readThread(root))?.state, 'active')
    await store.createThread({ threadId: grandchild, parentThreadId: root })
    await store.deleteThreads([root])
    await refused(() => store.readThread(grandchild), 'THREAD_DELETED')
  })

  check('nothing is spawned by the dead, the unknown or the dying', async ({ store }) => {
    const spawn = (threadId: string, parentThreadId: string) =>
      store.createThread({ threadId, parentThreadId })
    await refused(() => spawn(child, threadIdOf(99)), 'THREAD_NOT_FOUND')
    await store.createThread({ threadId: root })
    const [deletion, spawning] = await Promise.all([
      codeOf(() => store.deleteThreads([root])),
      codeOf(() => spawn(child, root)),
    ])
    assert.equal(deletion, undefined)
    // It came too late, or it was there in time and went along.
    assert([undefined, 'THREAD_DELETED'].includes(spawning), `${spawning}`)
    assert.deepEqual(await listedIds(store, { includeSubagents: true }), [])
    await refused(() => spawn(grandchild, root), 'THREAD_DELETED')
    assert.equal(await codeOf(() => store.readThread(grandchild)), undefined)
  })
}
