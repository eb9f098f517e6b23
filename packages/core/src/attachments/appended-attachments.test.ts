import { isStoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { openThreadStore } from '../index.js'
import { message, testOptions, textsOf, withRoot, withStore } from '../store.fixture.js'

const code = (name: string) => expect.objectContaining({ code: name })
const one = (value: unknown, key = 'key') => ({ attachments: [{ kind: 'kind', key, value }] })

describe('an append with attachments', () => {
  it('puts and takes away what it says, with its lines', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const attachments = store.attachments(id)
      await attachments.put('kind', 'old', 1)
      const result = await store.appendItems(id, [message('x')], {
        attachments: [
          { kind: 'kind', key: 'old', delete: true },
          { kind: 'kind', key: 'new', value: Uint8Array.of(1) },
          { kind: 'kind', key: 'never', delete: true },
        ],
      })
      expect(result.written).toBe(1)
      expect(await attachments.get('kind', 'old')).toBeUndefined()
      expect(await attachments.get('kind', 'new')).toEqual(Uint8Array.of(1))
    }))

  it('puts them also where no line is written', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      expect(await store.appendItems(id, [], one('of nothing'))).toMatchObject({ written: 0 })
      const dropped = { type: 'event_msg', payload: { type: 'agent_message_delta', delta: 'x' } }
      const result = await store.appendItems(id, [dropped], one('of what was dropped', 'b'))
      expect(result).toMatchObject({ written: 0, dropped: [{ index: 0 }] })
      expect(await store.attachments(id).get('kind', 'key')).toBe('of nothing')
      expect(await store.attachments(id).get('kind', 'b')).toBe('of what was dropped')
    }))

  it('puts nothing where its lines are refused', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const options = { ...one(1), expectedOrdinal: 7 }
      for (const items of [[message('x')], []])
        await expect(store.appendItems(id, items, options)).rejects.toEqual(
          code('ORDINAL_CONFLICT'),
        )
      expect(await store.attachments(id).get('kind', 'key')).toBeUndefined()
    }))

  it('is one with its idempotency key, across reopens: a repeat puts nothing again', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const id = await store.createThread()
      for (const items of [[message('x')], []]) {
        const key = `key ${items.length}`
        const options = { ...one('first', key), idempotencyKey: key }
        const first = await store.appendItems(id, items, options)
        await store.attachments(id).put('kind', key, 'later')
        expect(await store.appendItems(id, items, options)).toEqual(first)
        await store.close()
        store = await openThreadStore(root, testOptions)
        expect(await store.appendItems(id, items, options)).toEqual(first)
        expect(await store.attachments(id).get('kind', key)).toBe('later')
        const others = [one('other', key), one('first', 'other'), {}]
        for (const other of others)
          await expect(
            store.appendItems(id, items, { ...other, idempotencyKey: key }),
          ).rejects.toEqual(code('IDEMPOTENCY_CONFLICT'))
      }
      expect(await textsOf(store, id)).toEqual(['x'])
      await store.close()
    }))

  it('keeps the order of many callers, buffered lines first', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      await store.appendItems(id, [message('buffered')], { durability: 'buffered' })
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          store.appendItems(id, [message(`${index}`)], one(index)),
        ),
      )
      const texts = await textsOf(store, id)
      expect(texts[0]).toBe('buffered')
      // The attachment is the one of the line that came last.
      expect(`${await store.attachments(id).get('kind', 'key')}`).toBe(texts.at(-1))
    }))

  it('refuses what is no list of attachments, before anything happens', () =>
    withStore(async (store) => {
      const id = await store.createThread()
      const good = { kind: 'k', key: 'k', value: 1 }
      const bad: unknown[] = [
        7,
        'x',
        {},
        [null],
        [7],
        [undefined],
        new Array(1),
        [{ kind: 'k', key: 'k' }],
        [{ kind: 'k', value: 1 }],
        [{ ...good, delete: true }],
        [{ kind: 'k', key: 'k', delete: 'yes' }],
        [{ kind: 'k', key: 'k', delete: false }],
        [good, good],
        new Array(1001).fill(good),
      ]
      for (const attachments of bad)
        await expect(
          store.appendItems(id, [message('x')], { attachments: attachments as never }),
        ).rejects.toEqual(code('ARGUMENT_INVALID'))
      await expect(
        store.appendItems(id, [message('x')], { ...one(1), durability: 'buffered' }),
      ).rejects.toEqual(code('ARGUMENT_INVALID'))
      expect(await textsOf(store, id)).toEqual([])
      expect((await store.attachments(id).list()).attachments).toEqual([])
    }))

  it('is whole or absent when its disk fails at any instant', async () => {
    const points = ['append.intend:before', 'append.intend:after', 'append.write:after']
    const large = ['append.reserve:before', 'append.reserve:after', 'append.write:before']
    for (const point of [...points, ...large])
      await withRoot(async (root) => {
        let armed = false
        const options = {
          ...testOptions,
          referenceBytesMin: large.includes(point) ? 16 : 1024 * 1024,
          crashPoint: (name: string) => {
            if (armed && name === point) throw new Error(`stopped at ${name}`)
          },
        }
        const store = await openThreadStore(root, options)
        const id = await store.createThread()
        armed = true
        const failure = await store.appendItems(id, [message('x')], one('x')).catch((e) => e)
        expect(isStoreError(failure, 'STORE_FAILED')).toBe(true)
        armed = false
        await store.reopen()
        const texts = await textsOf(store, id)
        const value = await store.attachments(id).get('kind', 'key')
        expect([texts, value]).toEqual(texts.length === 1 ? [['x'], 'x'] : [[], undefined])
        await store.attachments(id).put('kind', 'key', 'after')
        expect(await store.attachments(id).get('kind', 'key')).toBe('after')
        expect((await store.verify()).problems).toEqual([])
        await store.close()
      })
  })
})
