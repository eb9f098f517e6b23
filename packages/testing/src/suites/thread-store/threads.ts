// Threads: they are made, named, read and listed.

import assert from 'node:assert/strict'
import { listedIds, messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'

const [one, two, none] = [1, 2, 99].map(threadIdOf) as [string, string, string]

export function testThreads(check: Check, { checks, cursors }: Supports): void {
  check('a thread has the id that was asked for, or a new one', async ({ store }) => {
    assert.equal(await store.createThread({ threadId: one, name: 'first' }), one)
    const made = await Promise.all([store.createThread(), store.createThread({ name: 'third' })])
    assert.equal(new Set([one, ...made]).size, 3)
    assert.deepEqual((await listedIds(store)).sort(), [one, ...made].sort())
    const view = await store.readThread(one)
    assert.deepEqual([view?.name, view?.state], ['first', 'active'])
    assert.equal((await store.readThread(made[0]!))?.name, null)
  })

  check('an id that is taken is refused, and its thread stays as it is', async ({ store }) => {
    await store.createThread({ threadId: one, name: 'first' })
    await store.appendItems(one, [messageOf('hello')])
    await refused(() => store.createThread({ threadId: one, name: 'second' }), 'THREAD_EXISTS')
    assert.equal((await store.readThread(one))?.name, 'first')
    assert.deepEqual(await textsOf(store, one), ['hello'])
  })

  check('of two that make the same thread at once, one does', async ({ store }) => {
    const results = await Promise.allSettled([
      store.createThread({ threadId: one, name: 'first' }),
      store.createThread({ threadId: one, name: 'second' }),
    ])
    const made = results.filter(({ status }) => status === 'fulfilled')
    assert.equal(made.length, 1)
    const name = results[0].status === 'fulfilled' ? 'first' : 'second'
    assert.equal((await store.readThread(one))?.name, name)
    assert.deepEqual(await listedIds(store), [one])
  })

  check('what never was is undefined to read, and not found to every verb', async ({ store }) => {
    assert.equal(await store.readThread(none), undefined)
    const calls = [
      () => store.appendItems(none, [messageOf('lost')]),
      () => store.renameThread(none, 'lost'),
      () => store.deleteThreads([none]),
      () => textsOf(store, none),
    ]
    for (const call of calls) await refused(call, 'THREAD_NOT_FOUND')
    assert.deepEqual(await listedIds(store), [])
  })

  check('a name is what it was set to last', async ({ store }) => {
    await store.createThread({ threadId: one })
    await store.createThread({ threadId: two, name: 'other' })
    for (const name of ['a name', 'Käse, 名前, "quoted"', 'x'.repeat(200)]) {
      await store.renameThread(one, name)
      assert.equal((await store.readThread(one))?.name, name)
    }
    assert.equal((await store.readThread(two))?.name, 'other')
    assert.deepEqual((await listedIds(store)).sort(), [one, two])
  })

  check('a list has every thread once', async ({ store }) => {
    assert.deepEqual(await store.listThreads(), { threads: [], nextCursor: null })
    const ids = Array.from({ length: 7 }, (_, index) => threadIdOf(index + 1))
    await Promise.all(ids.map((threadId) => store.createThread({ threadId })))
    await store.appendItems(ids[2]!, [messageOf('moved to the front')])
    assert.deepEqual((await listedIds(store)).sort(), ids)
  })

  if (cursors) {
    check('pages of a list have every thread once, whatever their size', async ({ store }) => {
      const ids = Array.from({ length: 7 }, (_, index) => threadIdOf(index + 1))
      for (const threadId of ids) await store.createThread({ threadId })
      const whole = await listedIds(store)
      for (const limit of [1, 2, 3, 7, 100]) {
        assert.equal((await store.listThreads({ limit })).threads.length, Math.min(limit, 7))
        assert.deepEqual(await listedIds(store, { limit }), whole)
      }
      for (const limit of [0, -1, 1.5])
        await refused(() => store.listThreads({ limit }), 'ARGUMENT_INVALID')
      await refused(() => store.listThreads({ cursor: 'no cursor' }), 'CURSOR_INVALID')
    })
  }

  if (checks) {
    check('what is no id and no name is refused', async ({ store }) => {
      await store.createThread({ threadId: one, name: 'first' })
      for (const id of ['', 'no id', `${one}x`, '../../etc/passwd']) {
        const calls = [
          () => store.createThread({ threadId: id }),
          () => store.readThread(id),
          () => store.appendItems(id, [messageOf('lost')]),
          () => store.deleteThreads([id]),
        ]
        for (const call of calls) await refused(call, 'THREAD_ID_MALFORMED')
      }
      for (const name of ['', '  ', 'two\nlines', 'x'.repeat(501)]) {
        await refused(() => store.renameThread(one, name), 'ARGUMENT_INVALID')
        await refused(() => store.createThread({ threadId: two, name }), 'ARGUMENT_INVALID')
      }
      assert.equal((await store.readThread(one))?.name, 'first')
      assert.deepEqual(await listedIds(store), [one])
    })
  }
}
