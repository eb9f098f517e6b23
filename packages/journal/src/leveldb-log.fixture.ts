// Writes LevelDB's log format, so that tests can put a record exactly where they want it.

import { maskedCrc32c } from './crc32c.js'
import { BLOCK_BYTES, HEADER_BYTES } from './leveldb-log.js'

export function encodeLog(records: readonly Uint8Array[]): Buffer {
  const parts: Buffer[] = []
  let inBlock = 0
  const push = (part: Buffer) => {
    parts.push(part)
    inBlock = (inBlock + part.length) % BLOCK_BYTES
  }
  for (const record of records) {
    let left: Uint8Array = record
    for (let begin = true, end = false; !end; begin = false) {
      if (BLOCK_BYTES - inBlock < HEADER_BYTES) push(Buffer.alloc(BLOCK_BYTES - inBlock))
      const payload = left.subarray(0, BLOCK_BYTES - inBlock - HEADER_BYTES)
      left = left.subarray(payload.length)
      end = left.length === 0
      push(fragment(begin && end ? 1 : begin ? 2 : end ? 4 : 3, payload))
    }
  }
  return Buffer.concat(parts)
}

function fragment(type: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), payload])
  bytes.writeUInt16LE(payload.length, 4)
  bytes[6] = type
  bytes.writeUInt32LE(maskedCrc32c(bytes.subarray(6)), 0)
  return bytes
}
