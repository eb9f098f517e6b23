// Ids as they are stored: 16 bytes each, one behind the other. A set may have 10,000.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { inPieces } from '../in-pieces.js'

export const uuidLengthBytes = 16

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * Writes the 16 bytes of a UUID; gives the offset behind them. THREAD_ID_MALFORMED unless it is lower-case canonical
 * text.
 */
export function packUuidInto(bytes: Buffer, offset: number, id: ThreadId): number {
  if (!canonical.test(id))
    throw new StoreError('THREAD_ID_MALFORMED', 'not a thread id', { detail: { id } })
  bytes.write(id.replaceAll('-', ''), offset, uuidLengthBytes, 'hex')
  return offset + uuidLengthBytes
}

/** The bytes of all of them. THREAD_ID_MALFORMED */
export function packUuidsNow(ids: readonly ThreadId[]): Uint8Array {
  const bytes = Buffer.alloc(ids.length * uuidLengthBytes)
  let end = 0
  for (const id of ids) end = packUuidInto(bytes, end, id)
  return bytes
}

/** The same in pieces, between which other work gets its turn. */
export async function packUuids(ids: readonly ThreadId[]): Promise<Uint8Array> {
  const bytes = Buffer.alloc(ids.length * uuidLengthBytes)
  let end = 0
  for await (const piece of inPieces(ids))
    for (const id of piece) end = packUuidInto(bytes, end, id)
  return bytes
}

/** The canonical text of 16 bytes. */
export function unpackUuid(bytes: Uint8Array): ThreadId {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  return textAt(hex, 0)
}

/** The canonical texts of many. */
export function unpackUuids(bytes: Uint8Array): ThreadId[] {
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
  const ids: ThreadId[] = []
  for (let at = 0; at < hex.length; at += 2 * uuidLengthBytes) ids.push(textAt(hex, at))
  return ids
}

const textAt = (hex: string, at: number): ThreadId =>
  `${hex.slice(at, at + 8)}-${hex.slice(at + 8, at + 12)}-${hex.slice(at + 12, at + 16)}-${hex.slice(at + 16, at + 20)}-${hex.slice(at + 20, at + 32)}` as ThreadId
