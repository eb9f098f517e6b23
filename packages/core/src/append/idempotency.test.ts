import type { ThreadId } from '@cenotaph/rollout'
import { describe, expect, it } from 'vitest'
import { message, testOptions, textsOf, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore } from '../store.js'
import { IdempotencyKeys } from './idempotency.js'

const day = 24 * 60 * 60 * 1000

const kept = (key: string, atMs: number) => ({
  key,
  atMs,
  digest: 'd',
  result: {
    threadId: '' as ThreadId,
    firstOrdinal: 1,
    lastOrdinal: 1,
    written: 1,
    dropped: [],
    bytes: 1,
  },
})

describe('idempotency keys', () => {
  it('keeps a key for 7 days and no longer', () => {
    const keys = new IdempotencyKeys()
    keys.add(kept('a', 0), 0)
    expect(keys.get('a', 7 * day)).toBeDefined()
    expect(keys.get('a', 7 * day + 1)).toBeUndefined()
  })

  it('keeps the newest 1,000', () => {
    const keys = new IdempotencyKeys()
    for (let n = 0; n < 1_001; n += 1) keys.add(kept(String(n), n), n)
    const copy = IdempotencyKeys.decode(keys.encode())
    expect(copy.get('0', 1_001)).toBeUndefined()
    expect(copy.get('1', 1_001)).toBeDefined()
    expect(copy.get('1000', 1_001)).toBeDefined()
  })

  it('answers a repeat as the first call was answered, also after a restart', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const id = await store.createThread({ cwd: '/w' })
      const first = await store.appendItems(id, [message('once')], { idempotencyKey: 'k' })
      const repeats = await Promise.all(
        [1, 2, 3].map(() => store.appendItems(id, [message('once')], { idempotencyKey: 'k' })),
      )
      for (const repeat of repeats) expect(repeat).toEqual(first)
      await store.close()
      store = await openThreadStore(root, testOptions)
      const again = await store.appendItems(id, [message('once')], { idempotencyKey: 'k' })
      expect(again).toEqual(first)
      expect(await textsOf(store, id)).toEqual(['once'])
      await store.close()
    }))

  it('refuses a key that was used with other items', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      await store.appendItems(id, [message('one')], { idempotencyKey: 'k' })
      await expect(
        store.appendItems(id, [message('two')], { idempotencyKey: 'k' }),
      ).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' })
      expect(await textsOf(store, id)).toEqual(['one'])
    }))

  it('makes one append of many at the same moment', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      const results = await Promise.all(
        Array.from({ length: 20 }, () =>
          store.appendItems(id, [message('same')], { idempotencyKey: 'k' }),
        ),
      )
      expect(new Set(results.map((result) => result.firstOrdinal))).toEqual(new Set([1]))
      expect(await textsOf(store, id)).toEqual(['same'])
    }))
})
