// Every value in the database is its body followed by a CRC-32 over key and body (4 bytes, little
// endian). LevelDB returns a flipped bit of an .ldb file as the value; the checksum notices it, and the
// key in it notices a value that turned up under another key.

import { crc32 } from 'node:zlib'
import { StoreError } from '@cenotaph/storage'

export const CHECKSUM_BYTES = 4

/** The stored form of `body` under `key`. Copies the body once. */
export const seal = (key: string, body: Uint8Array): Uint8Array =>
  sealFilled(key, body.length, (value) => value.set(body))

/**
 * As {@link seal}, for a body of so many bytes that `fill` writes into its place. The key is put before it, so that one
 * pass sums both; what is returned is the part behind the key.
 */
export function sealFilled(
  key: string,
  bodyBytes: number,
  fill: (body: Buffer) => void,
): Uint8Array {
  const keyBytes = Buffer.byteLength(key)
  const end = keyBytes + bodyBytes
  const all = Buffer.allocUnsafe(end + CHECKSUM_BYTES)
  all.write(key, 0)
  fill(all.subarray(keyBytes, end))
  all.writeUInt32LE(crc32(all.subarray(0, end)), end)
  return all.subarray(keyBytes)
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
