import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { beginXxh64, xxh64Low32 } from './xxh64.js'

describe('XXH64', () => {
  it('has the values that are known', async () => {
    expect(await xxh64Low32(Buffer.from(''))).toBe(0x51d8e999)
    expect(await xxh64Low32(Buffer.from('a'))).toBe(0xa98c6e5b)
    expect(await xxh64Low32(Buffer.from('abc'))).toBe(0xad770999)
  })

  it('equals the definition in bigint arithmetic, however the bytes are cut', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 })
    await fc.assert(
      fc.asyncProperty(bytes, bytes, bytes, async (a, b, c) => {
        const whole = Buffer.concat([a, b, c])
        const expected = Number(reference(whole) & 0xffffffffn)
        expect(await xxh64Low32(whole)).toBe(expected)
        const parts = await beginXxh64()
        for (const part of [a, b, c]) parts.update(part)
        expect(parts.digestLow32()).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })
})

const mask = (1n << 64n) - 1n
const p1 = 0x9e3779b185ebca87n
const p2 = 0xc2b2ae3d27d4eb4fn
const p3 = 0x165667b19e3779f9n
const p4 = 0x85ebca77c2b2ae63n
const p5 = 0x27d4eb2f165667c5n
const rotate = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & mask
const round = (sum: bigint, word: bigint) => (rotate((sum + word * p2) & mask, 31n) * p1) & mask

function reference(bytes: Buffer): bigint {
  let at = 0
  let sum = p5
  if (bytes.length >= 32) {
    const lanes = [(p1 + p2) & mask, p2, 0n, -p1 & mask]
    for (; at + 32 <= bytes.length; at += 32) {
      for (const [index, lane] of lanes.entries()) {
        lanes[index] = round(lane, bytes.readBigUInt64LE(at + index * 8))
      }
    }
    sum = [1n, 7n, 12n, 18n].reduce(
      (total, bits, index) => total + rotate(lanes[index] ?? 0n, bits),
      0n,
    )
    for (const lane of lanes) sum = (((sum & mask) ^ round(0n, lane)) * p1 + p4) & mask
  }
  sum = (sum + BigInt(bytes.length)) & mask
  for (; at + 8 <= bytes.length; at += 8) {
    sum = (rotate(sum ^ round(0n, bytes.readBigUInt64LE(at)), 27n) * p1 + p4) & mask
  }
  if (at + 4 <= bytes.length) {
    sum = (rotate(sum ^ ((BigInt(bytes.readUInt32LE(at)) * p1) & mask), 23n) * p2 + p3) & mask
    at += 4
  }
  for (; at < bytes.length; at += 1) {
    sum = (rotate(sum ^ ((BigInt(bytes[at] ?? 0) * p5) & mask), 11n) * p1) & mask
  }
  sum = ((sum ^ (sum >> 33n)) * p2) & mask
  sum = ((sum ^ (sum >> 29n)) * p3) & mask
  return sum ^ (sum >> 32n)
}
