// Rows of LevelDB in a file: length of the key and of the body (4 bytes each, little-endian), key, body; one behind the
// other. Keys are ASCII. The manifest has the checksum of the whole file.

import type { Disk } from '@cenotaph/storage'
import { StoreError } from '@cenotaph/storage'
import type { Put } from '../files/fill-file.js'

export type Value = readonly [key: string, body: Uint8Array]

const HEAD_BYTES = 8

export function encodeValue([key, body]: Value): Uint8Array {
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt32LE(key.length, 0)
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, Buffer.from(key, 'latin1'), body])
}

/** Gathers small values, so that a file of them is written in few pieces. */
export async function putValues(
  put: Put,
  values: AsyncIterable<Value> | Iterable<Value>,
): Promise<void> {
  let pieces: Uint8Array[] = []
  let bytes = 0
  for await (const value of values) {
    const piece = encodeValue(value)
    pieces.push(piece)
    bytes += piece.length
    if (bytes < 1024 * 1024) continue
    await put(Buffer.concat(pieces))
    pieces = []
    bytes = 0
  }
  if (pieces.length > 0) await put(Buffer.concat(pieces))
}

/** Every value, one in memory at a time. @throws BACKUP_INVALID where the bytes are no such file */
export async function* readValues(disk: Disk, path: string): AsyncGenerator<Value> {
  const file = await disk.openRead(path)
  if (!file) throw invalid(path)
  try {
    const size = await file.size()
    for (let offset = 0; offset < size; ) {
      const head = Buffer.from(await file.read(offset, HEAD_BYTES))
      if (head.length < HEAD_BYTES) throw invalid(path)
      const keyBytes = head.readUInt32LE(0)
      const bodyBytes = head.readUInt32LE(4)
      const next = offset + HEAD_BYTES + keyBytes + bodyBytes
      if (next > size) throw invalid(path)
      const rest = Buffer.from(await file.read(offset + HEAD_BYTES, keyBytes + bodyBytes))
      if (rest.length < keyBytes + bodyBytes) throw invalid(path)
      yield [rest.toString('latin1', 0, keyBytes), rest.subarray(keyBytes)]
      offset = next
    }
  } finally {
    await file.close()
  }
}

const invalid = (path: string): StoreError =>
  new StoreError('BACKUP_INVALID', 'a file of the backup does not hold what it should', {
    detail: {
      path,
      problems: [`${path.slice(path.lastIndexOf('/') + 1)}: it does not hold values`],
    },
  })
