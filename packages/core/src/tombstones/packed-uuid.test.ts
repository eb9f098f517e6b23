import type { ThreadId } from '@cenotaph/rollout'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packUuids, packUuidsNow, unpackUuid, unpackUuids } from './packed-uuid.js'
import { threadIds } from './tombstone.fixture.js'

describe('packed UUID', () => {
  it('is the 16 bytes in the order of the text', () => {
    const id = '00010203-0405-7607-8809-0a0b0c0d0e0f' as ThreadId
    const bytes = [0, 1, 2, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13, 14, 15]
    expect([...packUuidsNow([id])]).toEqual(bytes)
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(threadIds, (id) => {
        expect(unpackUuid(packUuidsNow([id]))).toBe(id)
      }),
    )
  })

  it('are one behind the other, in pieces as at once', async () => {
    const many = fc.sample(threadIds, { numRuns: 1_001, seed: 7 })
    const bytes = await packUuids(many)
    expect(bytes).toEqual(packUuidsNow(many))
    expect(bytes).toHaveLength(1_001 * 16)
    expect(unpackUuids(bytes)).toEqual(many)
    expect(unpackUuids(await packUuids([]))).toEqual([])
  })

  it.each([
    '',
    'x',
    '00010203-0405-7607-8809-0A0B0C0D0E0F',
    '00010203040576078809-0a0b0c0d0e0f',
    '00010203-0405-7607-8809-0a0b0c0d0e0f00',
    '00010203-0405-7607-8809-0a0b0c0d0e0',
    '00010203-0405-7607-8809-0a0b0c0d0e0f-',
  ])('refuses %j', async (text) => {
    const refusal = { code: 'THREAD_ID_MALFORMED' }
    expect(() => packUuidsNow([text as ThreadId])).toThrowError(expect.objectContaining(refusal))
    await expect(packUuids([text as ThreadId])).rejects.toMatchObject(refusal)
  })
})
