// Every value in the database is its body followed by a CRC-32 over key and body (4 bytes, little
// endian). LevelDB returns a flipped bit of an .ldb file as the value; the checksum notices it, and the
// key in it notices a value that turned up under another key.

import { crc32 } from 'node:zlib'
import { StoreError } from '@cenotaph/storage'

export const CHECKSUM_BYTES = 4

/** The stored form of `body` under `key`. Copies the body once. */
export function seal(key: string, body: Uint8Array): Uint8Array {
  const value = Buffer.allocUnsafe(body.length + CHECKSUM_BYTES)
  value.set(body)
  return sealInPlace(key, value)
}

/** Fills in the checksum of a value whose last 4 bytes were left free for it. */
export function sealInPlace(key: string, value: Buffer): Uint8Array {
  const end = value.length - CHECKSUM_BYTES
  value.writeUInt32LE(checksum(key, value.subarray(0, end)), end)
  return value
}

/** The body of a stored value, as a view of it. Throws LEVEL_DAMAGED `{ key }` where the checksum differs. */
export function unseal(key: string, value: Uint8Array): Uint8Array {
  const end = value.length - CHECKSUM_BYTES
  if (end >= 0) {
    const body = value.subarray(0, end)
    const stored = new DataView(value.buffer, value.byteOffset + end, CHECKSUM_BYTES)
    if (stored.getUint32(0, true) === checksum(key, body)) return body
  }
  throw new StoreError('LEVEL_DAMAGED', `the value under ${key} differs from its checksum`, {
    detail: { key },
  })
}

const checksum = (key: string, body: Uint8Array): number => crc32(body, crc32(key))
