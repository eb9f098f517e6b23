import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

export const uuidLengthBytes = 16

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** The 16 bytes of a UUID. THREAD_ID_MALFORMED unless it is lower-case canonical text. */
export function packUuid(id: ThreadId): Uint8Array {
  const bytes = Buffer.alloc(uuidLengthBytes)
  packUuidInto(bytes, 0, id)
  return bytes
}

/** As {@link packUuid}, into bytes that hold many: a set may have 10,000. Gives the offset behind it. */
export function packUuidInto(bytes: Buffer, offset: number, id: ThreadId): number {
  if (!canonical.test(id))
    throw new StoreError('THREAD_ID_MALFORMED', 'not a thread id', { detail: { id } })
  bytes.write(id.replaceAll('-', ''), offset, uuidLengthBytes, 'hex')
  return offset + uuidLengthBytes
}

/** The canonical text of 16 bytes. */
export function unpackUuid(bytes: Uint8Array): ThreadId {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as ThreadId
}
