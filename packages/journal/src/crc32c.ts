// CRC-32C (Castagnoli), the checksum of LevelDB's log records. Node's zlib has the other polynomial only.

const POLYNOMIAL = 0x82f63b78
const MASK_DELTA = 0xa282ead8

const STEP = 8

/** What one byte contributes to the checksum. */
export const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
  return value
})

/** What it contributes with so many bytes behind it, one table behind the other: eight bytes are summed in one step. */
const tables = new Uint32Array(STEP * 256)
tables.set(crc32cTable)
for (let at = 256; at < tables.length; at++) {
  const before = tables[at - 256]!
  tables[at] = (before >>> 8) ^ crc32cTable[before & 0xff]!
}

export function crc32c(bytes: Uint8Array): number {
  const { length } = bytes
  const t = tables
  let value = -1
  let at = 0
  for (const end = length - (length % STEP); at < end; at += STEP) {
    value ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    value =
      t[1792 + (value & 0xff)]! ^
      t[1536 + ((value >>> 8) & 0xff)]! ^
      t[1280 + ((value >>> 16) & 0xff)]! ^
      t[1024 + (value >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
  }
  for (; at < length; at++) value = (value >>> 8) ^ t[(value ^ bytes[at]!) & 0xff]!
  return ~value >>> 0
}

/** The form in which LevelDB stores a checksum, so that a checksum over bytes with checksums stays good. */
export const maskCrc32c = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0

export const maskedCrc32c = (bytes: Uint8Array): number => maskCrc32c(crc32c(bytes))
