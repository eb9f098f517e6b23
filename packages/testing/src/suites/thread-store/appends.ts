// Items: they are kept as they were given, in order, all of a batch or none.

import assert from 'node:assert/strict'
import { messageOf, messagesOf, textsOf, threadIdOf } from '../../store/speaking.js'
import type { ItemLike, ReadItem, ThreadStoreLike } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, Supports } from '../thread-store-suite.js'

const [one, two] = [1, 2].map(threadIdOf) as [string, string]

/** Values that a careless way through JSON, lines or encodings would change. */
const payloads: readonly Readonly<Record<string, unknown>>[] = [
  { text: 'plain' },
  { text: 'line\nbreak, "quotes", \\backslash\\, \u0000, \u2028, tab\t' },
  { text: 'Grüße, 日本語, 👩‍🚀, \ud83d alone' },
  { list: [1, -0.5, 1e21, 0, true, false, null, [], {}], deep: { er: { and: 'deeper' } } },
  { '': 'an empty key', __proto__x: 1, constructor: 'own' },
  { long: 'x'.repeat(100_000) },
]

async function readAll(
  store: ThreadStoreLike,
  id: string,
  options: Parameters<ThreadStoreLike['listItems']>[1] = {},
): Promise<ReadItem[]> {
  const items: ReadItem[] = []
  for await (const item of store.listItems(id, options)) items.push(item)
  return items
}

export function testAppends(check: Check, supports: Supports): void {
  check('items come back as they were given, in order', async ({ store }) => {
    await store.createThread({ threadId: one })
    const items = payloads.map((payload): ItemLike => {
      return { type: 'response_item', payload: { type: 'message', ...payload } }
    })
    for (const item of items) await store.appendItems(one, [item])
    assert.equal((await store.appendItems(one, items)).written, items.length)
    const read = (await readAll(store, one)).filter(({ type }) => type === 'response_item')
    const given = [...items, ...items].map(({ payload }) => JSON.stringify(payload))
    assert.deepEqual(
      read.map(({ payload }) => JSON.stringify(payload)),
      given,
    )
  })

  check('ordinals have no gaps, and are told to who appends', async ({ store }) => {
    await store.createThread({ threadId: one })
    let last = -1
    for (const count of [1, 3, 2]) {
      const texts = Array.from({ length: count }, (_, index) => `${count} ${index}`)
      const { firstOrdinal, lastOrdinal } = await store.appendItems(one, texts.map(messageOf))
      assert.equal(lastOrdinal! - firstOrdinal!, count - 1)
      if (last >= 0) assert.equal(firstOrdinal, last + 1)
      last = lastOrdinal!
    }
    const ordinals = (await readAll(store, one)).map(({ ordinal }) => ordinal)
    assert.equal(ordinals.at(-1), last)
    assert.deepEqual(
      ordinals,
      ordinals.map((_, index) => ordinals[0]! + index),
    )
  })

  check('threads do not mix', async ({ store }) => {
    await store.createThread({ threadId: one })
    await store.createThread({ threadId: two })
    await Promise.all(
      Array.from({ length: 40 }, (_, call) =>
        store.appendItems(call % 2 === 0 ? one : two, [messageOf(`${call}`)]),
      ),
    )
    const expected = (rest: number) =>
      Array.from({ length: 20 }, (_, index) => `${index * 2 + rest}`)
    assert.deepEqual((await textsOf(store, one)).sort(), expected(0).sort())
    assert.deepEqual((await textsOf(store, two)).sort(), expected(1).sort())
  })

  check('batches that are appended at once stay together', async ({ store }) => {
    await store.createThread({ threadId: one })
    const batches = Array.from({ length: 10 }, (_, batch) => [
      `${batch} a`,
      `${batch} b`,
      `${batch} c`,
    ])
    await Promise.all(batches.map((texts) => store.appendItems(one, texts.map(messageOf))))
    const read = await textsOf(store, one)
    assert.equal(read.length, 30)
    const pieces = Array.from({ length: 10 }, (_, batch) => read.slice(batch * 3, batch * 3 + 3))
    assert.deepEqual(pieces.map(String).sort(), batches.map(String).sort())
  })

  check('reading goes forward, backward, from an ordinal and up to a number', async ({ store }) => {
    await store.createThread({ threadId: one })
    const texts = Array.from({ length: 12 }, (_, index) => `text ${index}`)
    await store.appendItems(one, texts.map(messageOf))
    const forward = await readAll(store, one)
    const backward = await readAll(store, one, { reverse: true })
    assert.deepEqual(backward.toReversed(), forward)
    const from = forward[5]!.ordinal
    assert.deepEqual(await readAll(store, one, { from }), forward.slice(5))
    assert.deepEqual(await readAll(store, one, { from, limit: 3 }), forward.slice(5, 8))
    assert.deepEqual(
      await readAll(store, one, { reverse: true, limit: 3 }),
      forward.slice(-3).reverse(),
    )
    assert.deepEqual(await readAll(store, one, { limit: 0 }), [])
  })

  check('a batch with an item that cannot be stored is refused whole', async ({ store }) => {
    await store.createThread({ threadId: one })
    await store.appendItems(one, [messageOf('before')])
    const circular: Record<string, unknown> = {}
    circular.self = circular
    const wrong = [
      { type: 'response_item', payload: circular },
      { type: 'response_item', payload: 'no object' },
      { type: '', payload: {} },
    ]
    for (const item of wrong) {
      const batch = [messageOf('first of three'), item, messageOf('last of three')]
      await refused(() => store.appendItems(one, batch), 'ITEM_INVALID')
    }
    assert.deepEqual(await textsOf(store, one), ['before'])
  })

  if (supports.expectedOrdinal) {
    check('an append that expects another ordinal is refused', async ({ store }) => {
      await store.createThread({ threadId: one })
      const { lastOrdinal } = await store.appendItems(one, [messageOf('first')])
      const expectedOrdinal = lastOrdinal! + 1
      await store.appendItems(one, [messageOf('second')], { expectedOrdinal })
      for (const wrong of [0, expectedOrdinal, expectedOrdinal + 2]) {
        await refused(
          () => store.appendItems(one, [messageOf('lost')], { expectedOrdinal: wrong }),
          'ORDINAL_CONFLICT',
        )
      }
      const results = await Promise.allSettled(
        ['x', 'y', 'z'].map((text) =>
          store.appendItems(one, [messageOf(text)], { expectedOrdinal: expectedOrdinal + 1 }),
        ),
      )
      assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
      assert.equal((await messagesOf(store, one)).length, 3)
    })
  }

  if (supports.idempotency) {
    check('an append with a key is done once, and answers the same again', async ({ store }) => {
      await store.createThread({ threadId: one })
      await store.createThread({ threadId: two })
      const items = [messageOf('once'), messageOf('only')]
      const first = await store.appendItems(one, items, { idempotencyKey: 'job' })
      const repeats = await Promise.all([
        store.appendItems(one, items, { idempotencyKey: 'job' }),
        store.appendItems(one, items, { idempotencyKey: 'job' }),
      ])
      assert.deepEqual(repeats, [first, first])
      await refused(
        () => store.appendItems(one, [messageOf('other')], { idempotencyKey: 'job' }),
        'IDEMPOTENCY_CONFLICT',
      )
      await store.appendItems(two, items, { idempotencyKey: 'job' })
      await store.appendItems(one, items, { idempotencyKey: 'another job' })
      assert.deepEqual(await textsOf(store, one), ['once', 'only', 'once', 'only'])
      assert.deepEqual(await textsOf(store, two), ['once', 'only'])
    })

    check('two appends with one key at once write once', async ({ store }) => {
      await store.createThread({ threadId: one })
      const append = () =>
        store.appendItems(one, [messageOf('once')], { idempotencyKey: 'at once' })
      const answers = await Promise.all([append(), append(), append()])
      assert.deepEqual(answers, [answers[0], answers[0], answers[0]])
      assert.deepEqual(await textsOf(store, one), ['once'])
    })
  }
}
