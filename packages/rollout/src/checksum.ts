// The checksum of a rollout: CRC-32 over its plain bytes, whatever form they are stored in. A line has no room for one,
// and a changed letter inside of a text is still a sound line; so whoever commits bytes keeps their checksum, and
// whoever verifies compares.

import { crc32 } from 'node:zlib'
import { StoreError } from '@cenotaph/storage'
import type { RolloutSource } from './source.js'

const CHUNK_BYTES = 1024 * 1024

/** The checksum of bytes with a checksum when `bytes` are appended to them. */
export const extendChecksum = (checksum: number, bytes: Uint8Array): number =>
  crc32(bytes, checksum)

/** Reads all of it. */
export const checksumOf = (source: RolloutSource): Promise<number> => tallied(source).checksum()

export interface Tallied {
  /** The same source; what is read of it in order needs no second reading. Closing it closes the given one. */
  readonly source: RolloutSource
  /** Of all bytes of the range; reads what nobody has read in order. */
  checksum(): Promise<number>
}

/** Sums the bytes of a range while somebody reads them. Uncompressed bytes; default all. */
export function tallied(
  source: RolloutSource,
  { start = 0, end = source.size }: { readonly start?: number; readonly end?: number } = {},
): Tallied {
  let checksum = 0
  let summed = start
  const add = (offset: number, bytes: Uint8Array): void => {
    const reached = Math.min(offset + bytes.length, end)
    // A gap is read later, and what is read twice counts once.
    if (offset > summed || reached <= summed) return
    checksum = extendChecksum(checksum, bytes.subarray(summed - offset, reached - offset))
    summed = reached
  }
  const read = async (offset: number, length: number): Promise<Uint8Array> => {
    const bytes = await source.read(offset, length)
    add(offset, bytes)
    return bytes
  }
  return {
    source: {
      size: source.size,
      ...(source.sequential === undefined ? {} : { sequential: source.sequential }),
      read,
      close: () => source.close(),
    },
    async checksum() {
      while (summed < end) {
        const bytes = await read(summed, Math.min(CHUNK_BYTES, end - summed))
        if (bytes.length > 0) continue
        throw new StoreError('ROLLOUT_SHORT', 'The rollout ended while it was summed', {
          detail: { offset: summed, expectedBytes: end - summed },
        })
      }
      return checksum
    },
  }
}
