import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c, crc32cTable } from './crc32c.js'

/** As the polynomial says it: a byte after the other. */
function byBytes(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (const byte of bytes) value = (value >>> 8) ^ crc32cTable[(value ^ byte) & 0xff]!
  return (value ^ 0xffffffff) >>> 0
}

describe('CRC-32C', () => {
  it('is that of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa)
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43)
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, index) => index))).toBe(0x46dd794e)
  })

  it('is the same in steps of eight bytes as byte by byte, at any length and place', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(7), (bytes, from) => {
        expect(crc32c(bytes.subarray(from))).toBe(byBytes(bytes.subarray(from)))
      }),
    )
  })
})
