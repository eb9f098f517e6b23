import type { ThreadId } from '@cenotaph/rollout'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packUuid, unpackUuid } from './packed-uuid.js'
import { threadIds } from './tombstone.fixture.js'

describe('packed UUID', () => {
  it('is the 16 bytes in the order of the text', () => {
    const id = '00010203-0405-7607-8809-0a0b0c0d0e0f' as ThreadId
    expect([...packUuid(id)]).toEqual([0, 1, 2, 3, 4, 5, 0x76, 7, 0x88, 9, 10, 11, 12, 13, 14, 15])
  })

  it('comes back as it was', () => {
    fc.assert(
      fc.property(threadIds, (id) => {
        expect(unpackUuid(packUuid(id))).toBe(id)
      }),
    )
  })

  it.each([
    '',
    'x',
    '00010203-0405-7607-8809-0A0B0C0D0E0F',
    '00010203040576078809-0a0b0c0d0e0f',
    '00010203-0405-7607-8809-0a0b0c0d0e0f00',
    '00010203-0405-7607-8809-0a0b0c0d0e0',
    '00010203-0405-7607-8809-0a0b0c0d0e0f-',
  ])('refuses %j', (text) => {
    expect(() => packUuid(text as ThreadId)).toThrowError(
      expect.objectContaining({ code: 'THREAD_ID_MALFORMED' }),
    )
  })
})
