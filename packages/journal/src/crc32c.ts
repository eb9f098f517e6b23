// CRC-32C (Castagnoli), the checksum of LevelDB's log records. Node's zlib has the other polynomial only.

const POLYNOMIAL = 0x82f63b78
const MASK_DELTA = 0xa282ead8

/** What one byte contributes to the checksum. */
export const crc32cTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1
  return value
})

export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff
  for (let at = 0; at < bytes.length; at++)
    value = (value >>> 8) ^ crc32cTable[(value ^ bytes[at]!) & 0xff]!
  return (value ^ 0xffffffff) >>> 0
}

/** The form in which LevelDB stores a checksum, so that a checksum over bytes with checksums stays good. */
export const maskCrc32c = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0

export const maskedCrc32c = (bytes: Uint8Array): number => maskCrc32c(crc32c(bytes))
