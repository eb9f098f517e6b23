// A bit that rotted in the last record of a log, told from the torn end of a batch that nobody was promised. A crash
// leaves a record short, or with runs of its bytes not written: many bits are wrong. A record of full length whose
// checksum would hold if one single bit were the other way was whole once.
//
// A torn record passes for a flipped one with a probability of its number of bits in 2^32.

import { crc32c, crc32cTable, maskCrc32c } from './crc32c.js'
import { HEADER_BYTES } from './leveldb-log.js'

/** Whether a sound fragment of a log begins these bytes once one of their bits is flipped. */
export function isOneBitOff(bytes: Uint8Array): boolean {
  if (bytes.length < HEADER_BYTES) return false
  const length = bytes[4]! | (bytes[5]! << 8)
  if (fits(bytes, length) && hasFlippedContent(bytes, length)) return true
  // The length is not part of the checksum, and says what is.
  for (let bit = 0; bit < 16; bit++) {
    const other = length ^ (1 << bit)
    if (fits(bytes, other) && maskCrc32c(crc32c(contentOf(bytes, other))) === storedIn(bytes))
      return true
  }
  return false
}

const fits = (bytes: Uint8Array, length: number): boolean => HEADER_BYTES + length <= bytes.length

/** Type and payload: what the checksum covers. */
const contentOf = (bytes: Uint8Array, length: number): Uint8Array =>
  bytes.subarray(HEADER_BYTES - 1, HEADER_BYTES + length)

const storedIn = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)

/** A flipped bit of the content changes the checksum by what that bit alone contributes, whatever the rest is. */
function hasFlippedContent(bytes: Uint8Array, length: number): boolean {
  const content = contentOf(bytes, length)
  const computed = crc32c(content)
  const stored = storedIn(bytes)
  if (isOneBit(maskCrc32c(computed) ^ stored)) return true
  const difference = (computed ^ unmask(stored)) >>> 0
  const contributions = Uint32Array.from({ length: 8 }, (_, bit) => crc32cTable[1 << bit]!)
  for (let behind = 0; behind < content.length; behind++) {
    if (contributions.includes(difference)) return true
    for (let bit = 0; bit < 8; bit++) {
      const value = contributions[bit]!
      contributions[bit] = (value >>> 8) ^ crc32cTable[value & 0xff]!
    }
  }
  return false
}

const isOneBit = (value: number): boolean => value !== 0 && (value & (value - 1)) === 0

function unmask(masked: number): number {
  const rotated = (masked - maskCrc32c(0)) >>> 0
  return ((rotated >>> 17) | (rotated << 15)) >>> 0
}
