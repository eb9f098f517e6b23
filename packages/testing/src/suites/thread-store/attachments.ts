// Attachments: values that a host keeps with a thread beside its lines. They go with the thread.

import assert from 'node:assert/strict'
import { messageOf, textsOf, threadIdOf } from '../../store/speaking.js'
import { type AttachmentsLike, having } from '../../store/thread-store-like.js'
import { refused } from '../suite.js'
import type { Check, StorePlace, Supports } from '../thread-store-suite.js'
import { onMedium, secretOf } from './deletion.js'

const [one, two] = [1, 2].map(threadIdOf) as [string, string]

async function attaching({ store: given }: StorePlace) {
  const store = having(given, 'attachments')
  for (const threadId of [one, two]) await store.createThread({ threadId })
  return { store, of: (id: string): AttachmentsLike => store.attachments(id) }
}

const namesOf = async (attachments: AttachmentsLike): Promise<string[]> =>
  (await attachments.list()).attachments.map(({ kind, key }) => `${kind}/${key}`).sort()

export function testAttachments(check: Check, supports: Supports): void {
  check('values come back as they were put, by kind and key', async (place) => {
    const { of } = await attaching(place)
    const values: readonly unknown[] = [
      'text',
      { deep: [1, null, { er: 'é' }] },
      null,
      0,
      new Uint8Array([0, 255, 10]),
      new Uint8Array(0),
    ]
    for (const [index, value] of values.entries()) await of(one).put('kind', `${index}`, value)
    for (const [index, value] of values.entries())
      assert.deepEqual(plain(await of(one).get('kind', `${index}`)), plain(value))
    assert.equal(await of(one).get('other kind', '0'), undefined)
    assert.equal(await of(two).get('kind', '0'), undefined)
    assert.deepEqual(await namesOf(of(two)), [])
    assert.equal((await of(one).list()).attachments.length, values.length)
  })

  check('a value is replaced, and taken away', async (place) => {
    const { of } = await attaching(place)
    const attachments = of(one)
    for (const value of ['first', 'second']) await attachments.put('goal', 'a', value)
    await attachments.put('goal', 'b', 'other')
    assert.equal(await attachments.get('goal', 'a'), 'second')
    assert.equal(await attachments.delete('goal', 'a'), true)
    assert.equal(await attachments.delete('goal', 'a'), false)
    assert.equal(await attachments.get('goal', 'a'), undefined)
    assert.deepEqual(await namesOf(attachments), ['goal/b'])
  })

  check('an append brings them along, whole or not at all', async (place) => {
    const { store, of } = await attaching(place)
    const attachments = [{ kind: 'goal', key: 'a', value: 'with the line' }]
    await store.appendItems(one, [messageOf('a line')], { attachments })
    const wrong = [messageOf('lost'), { type: '', payload: {} }]
    const lost = [{ kind: 'goal', key: 'lost', value: 'lost' }]
    await refused(() => store.appendItems(one, wrong, { attachments: lost }), 'ITEM_INVALID')
    assert.deepEqual(await namesOf(of(one)), ['goal/a'])
    assert.deepEqual(await textsOf(store, one), ['a line'])
  })

  check('they die with their thread, and what has none is refused', async (place) => {
    const { store, of } = await attaching(place)
    await of(one).put('goal', 'a', 'gone')
    await of(two).put('goal', 'a', 'kept')
    await store.deleteThreads([one])
    await refused(() => of(one).get('goal', 'a'), 'THREAD_DELETED')
    await refused(() => of(one).put('goal', 'a', 'late'), 'THREAD_DELETED')
    await refused(() => of(threadIdOf(99)).put('goal', 'a', 'lost'), 'THREAD_NOT_FOUND')
    assert.equal(await of(two).get('goal', 'a'), 'kept')
  })

  if (supports.fork) {
    check('a fork does not inherit them', async (place) => {
      const { store, of } = await attaching(place)
      await of(one).put('goal', 'a', 'of the base')
      const fork = threadIdOf(3)
      await having(store, 'forkThread').forkThread(one, { newThreadId: fork })
      assert.deepEqual(await namesOf(of(fork)), [])
      assert.equal(await of(one).get('goal', 'a'), 'of the base')
    })
  }

  if (supports.residue) {
    check('what is taken away, or dies, is not on the medium', async (place) => {
      const { store, of } = await attaching(place)
      const names = ['taken away', 'of the dead', 'kept']
      await of(one).put('goal', 'a', secretOf('taken away'))
      await of(one).put('goal', 'b', secretOf('kept'))
      await of(two).put('goal', 'c', secretOf('of the dead'))
      assert.deepEqual(await onMedium(place, names), names)
      await of(one).delete('goal', 'a')
      await store.deleteThreads([two])
      assert.deepEqual(await onMedium(place, names), ['kept'])
    })
  }
}

/** A Buffer and the bytes that it was made of are the same value. */
const plain = (value: unknown): unknown =>
  value instanceof Uint8Array ? { bytes: [...value] } : value
