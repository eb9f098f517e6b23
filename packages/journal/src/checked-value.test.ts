import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seal, unseal } from './checked-value.js'

const damage = expect.objectContaining({ code: 'LEVEL_DAMAGED', detail: { key: 'k' } })

describe('checked values', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.string(), fc.uint8Array(), (key, body) => {
        expect(Buffer.from(unseal(key, seal(key, body)))).toEqual(Buffer.from(body))
      }),
    )
  })

  it('notice every flipped bit', () => {
    const value = seal('k', Buffer.from('some text of a thread'))
    for (let bit = 0; bit < value.length * 8; bit++) {
      const flipped = Uint8Array.from(value)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => unseal('k', flipped)).toThrow(damage)
    }
  })

  it('notice another key and a value that is too short', () => {
    const value = seal('other', Buffer.from('text'))
    expect(() => unseal('k', value)).toThrow(damage)
    expect(() => unseal('k', value.subarray(0, 3))).toThrow(damage)
    expect(() => unseal('k', new Uint8Array())).toThrow(damage)
  })
})
