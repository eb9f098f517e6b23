// The two kinds of tombstone records and their bodies: ids, parent ids and times, nothing else for ever.
//
//   body      kind (1: prepare, 2: abort) · length of the operation id (1) · operation id, ASCII
//   prepare   … · time, ms since 1970 (8, float) · number of ids (4) · for each: id (16) · 0 or 1 (1) ·
//             parent id (16, where 1)

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { packUuidInto, unpackUuid, uuidLengthBytes } from './packed-uuid.js'

/** A set of threads that dies together, all or nothing. */
export interface PrepareRecord {
  readonly kind: 'prepare'
  readonly operationId: string
  /** Store time, milliseconds since 1970. */
  readonly at: number
  readonly ids: readonly ThreadId[]
  /** Of the id at the same index; null where it has none. */
  readonly parentIds: readonly (ThreadId | null)[]
}

/** The prepare of this operation never happened: its batch failed. */
export interface AbortRecord {
  readonly kind: 'abort'
  readonly operationId: string
}

export type TombstoneRecord = PrepareRecord | AbortRecord

const kinds = { prepare: 1, abort: 2 } as const
const printableAscii = /^[!-~]{1,255}$/

/** ARGUMENT_INVALID where lengths differ or an id or operation id cannot be packed. */
export function encodeBody(record: TombstoneRecord): Uint8Array {
  if (!printableAscii.test(record.operationId)) throw invalid('an operation id is printable ASCII')
  const operationId = Buffer.from(record.operationId)
  const head = [Buffer.of(kinds[record.kind], operationId.length), operationId]
  return Buffer.concat(record.kind === 'abort' ? head : [...head, ...encodeSet(record)])
}

function encodeSet({ at, ids, parentIds }: PrepareRecord): Uint8Array[] {
  if (ids.length !== parentIds.length) throw invalid('every id has one parent or null')
  if (ids.length === 0) throw invalid('a set has at least one id')
  if (!Number.isSafeInteger(at)) throw invalid('a time is a whole number of milliseconds')
  const head = Buffer.alloc(12)
  head.writeDoubleLE(at, 0)
  head.writeUInt32LE(ids.length, 8)
  const entries = Buffer.alloc(ids.length * (2 * uuidLengthBytes + 1))
  let end = 0
  for (const [index, id] of ids.entries()) {
    const parentId = parentIds[index] ?? null
    end = packUuidInto(entries, end, id)
    end = entries.writeUInt8(parentId === null ? 0 : 1, end)
    if (parentId !== null) end = packUuidInto(entries, end, parentId)
  }
  return [head, entries.subarray(0, end)]
}

/** Undefined for what `encodeBody` does not write. */
export function decodeBody(body: Buffer): TombstoneRecord | undefined {
  const setAt = 2 + (body[1] ?? 0)
  const operationId = body.toString('latin1', 2, setAt)
  if (body.length < setAt || !printableAscii.test(operationId)) return undefined
  if (body[0] === kinds.prepare) return decodeSet(operationId, body.subarray(setAt))
  return body[0] === kinds.abort && body.length === setAt
    ? { kind: 'abort', operationId }
    : undefined
}

function decodeSet(operationId: string, set: Buffer): PrepareRecord | undefined {
  if (set.length < 12) return undefined
  const at = set.readDoubleLE(0)
  const count = set.readUInt32LE(8)
  const ids: ThreadId[] = []
  const parentIds: (ThreadId | null)[] = []
  let offset = 12
  for (let taken = 0; taken < count; taken += 1) {
    const idEnd = offset + uuidLengthBytes
    const parentAt = idEnd + 1
    const hasParent = set[idEnd]
    if (hasParent !== 0 && hasParent !== 1) return undefined
    const next = parentAt + hasParent * uuidLengthBytes
    if (next > set.length) return undefined
    ids.push(unpackUuid(set.subarray(offset, idEnd)))
    parentIds.push(hasParent === 1 ? unpackUuid(set.subarray(parentAt, next)) : null)
    offset = next
  }
  return offset === set.length ? { kind: 'prepare', operationId, at, ids, parentIds } : undefined
}

const invalid = (message: string): StoreError => new StoreError('ARGUMENT_INVALID', message)
