// Deletion: the thread is gone for every verb, for ever, and nobody else is touched.

import assert from 'node:assert/strict'
import { listedIds, messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { codeOf, refused } from '../suite.js'
import type { Check, StorePlace, Supports } from '../thread-store-suite.js'

const [one, two, three] = [1, 2, 3].map(threadIdOf) as [string, string, string]

export const secretOf = (name: string): string => `a secret of ${name}, said nowhere else at all`

/** Names of those whose secrets are on the medium. */
export async function onMedium(place: StorePlace, names: readonly string[]): Promise<string[]> {
  assert(place.bytes, 'supports.residue needs bytes')
  const pieces = (await place.bytes()).map((piece) => Buffer.from(piece))
  return names.filter((name) => pieces.some((piece) => piece.includes(secretOf(name))))
}

export function testDeletion(check: Check, { checks, archive, residue }: Supports): void {
  check('a deleted thread is gone for every verb', async ({ store }) => {
    for (const threadId of [one, two]) {
      await store.createThread({ threadId, name: threadId })
      await store.appendItems(threadId, [messageOf(`of ${threadId}`)])
    }
    const result = await store.deleteThreads([one])
    assert.equal(result.state, 'deleted', JSON.stringify(result))
    assert.deepEqual(result.threadIds, [one])
    const calls = [
      () => store.readThread(one),
      () => textsOf(store, one),
      () => store.appendItems(one, [messageOf('late')]),
      () => store.renameThread(one, 'late'),
      () => store.createThread({ threadId: one }),
    ]
    for (const call of calls) await refused(call, 'THREAD_DELETED')
    assert.deepEqual(await listedIds(store), [two])
    assert.deepEqual(await textsOf(store, two), [`of ${two}`])
    assert.equal((await store.readThread(two))?.name, two)
  })

  check('a deleted thread is in no list, archived or not', async ({ store }) => {
    await store.createThread({ threadId: one })
    await store.createThread({ threadId: two })
    if (archive) await store.archiveThreads?.([two])
    await store.deleteThreads([one, two])
    for (const archived of [false, true])
      assert.deepEqual(await listedIds(store, { archived, includeSubagents: true }), [])
  })

  check('deleting it again is no error, and takes nothing', async ({ store }) => {
    for (const threadId of [one, two]) await store.createThread({ threadId })
    await store.deleteThreads([one])
    assert.equal((await store.deleteThreads([one])).state, 'deleted')
    // One that is dead already does not keep another from dying.
    assert.equal((await store.deleteThreads([one, two])).state, 'deleted')
    assert.deepEqual(await listedIds(store), [])
  })

  check('several are deleted together, or none', async ({ store }) => {
    for (const threadId of [one, two, three]) await store.createThread({ threadId })
    await refused(() => store.deleteThreads([one, threadIdOf(99)]), 'THREAD_NOT_FOUND')
    assert.deepEqual((await listedIds(store)).sort(), [one, two, three])
    const { threadIds } = await store.deleteThreads([three, one])
    assert.deepEqual([...threadIds].sort(), [one, three])
    assert.deepEqual(await listedIds(store), [two])
  })

  check('what is under way when a thread dies does not bring it back', async ({ store }) => {
    await store.createThread({ threadId: one })
    await store.appendItems(one, [messageOf('before')])
    const late = ['append', 'rename', 'create'] as const
    const begin = {
      append: () => store.appendItems(one, [messageOf('late')]),
      rename: () => store.renameThread(one, 'late'),
      create: () => store.createThread({ threadId: one }),
    }
    const [deletion, ...others] = await Promise.all([
      codeOf(() => store.deleteThreads([one])),
      ...late.map((verb) => codeOf(begin[verb])),
    ])
    assert.equal(deletion, undefined)
    for (const code of others)
      assert([undefined, 'THREAD_DELETED', 'THREAD_EXISTS'].includes(code), `${code}`)
    await refused(() => store.readThread(one), 'THREAD_DELETED')
    assert.deepEqual(await listedIds(store), [])
  })

  check('two deletes at once leave one dead thread', async ({ store }) => {
    for (const threadId of [one, two]) await store.createThread({ threadId })
    const states = await Promise.all([store.deleteThreads([one]), store.deleteThreads([two, one])])
    assert.deepEqual(
      states.map(({ state }) => state),
      ['deleted', 'deleted'],
    )
    assert.deepEqual(await listedIds(store), [])
    for (const id of [one, two]) await refused(() => store.readThread(id), 'THREAD_DELETED')
  })

  if (checks) {
    check('a delete of nothing is refused', async ({ store }) => {
      await refused(() => store.deleteThreads([]), 'ARGUMENT_INVALID')
    })
  }

  if (residue) {
    check('nothing of a deleted thread is on the medium, and all of the others', async (place) => {
      const { store } = place
      const names = ['text', 'name', 'other text', 'other name']
      await store.createThread({ threadId: one, name: secretOf('name') })
      await store.createThread({ threadId: two, name: secretOf('other name') })
      for (let count = 0; count < 3; count += 1) {
        await store.appendItems(one, [messageOf(secretOf('text'))])
        await store.appendItems(two, [messageOf(secretOf('other text'))])
      }
      assert.deepEqual(await onMedium(place, names), names)
      assert.equal((await store.deleteThreads([one])).state, 'deleted')
      assert.deepEqual(await onMedium(place, names), ['other text', 'other name'])
      assert.deepEqual(await textsOf(store, two), Array(3).fill(secretOf('other text')))
    })
  }
}
