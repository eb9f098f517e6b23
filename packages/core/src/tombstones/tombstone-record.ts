// The two kinds of tombstone records and their bodies: ids, parent ids and times, nothing else for ever.
//
//   body      kind (1: prepare, 2: abort) · length of the operation id (1) · operation id, ASCII
//   prepare   … · time, ms since 1970 (8, float) · number of ids (4) · for each: id (16) · 0 or 1 (1) ·
//             parent id (16, where 1)

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { inPieces } from '../in-pieces.js'
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

/**
 * ARGUMENT_INVALID where lengths differ or an operation id cannot be packed, THREAD_ID_MALFORMED for an id. `entries`:
 * what `packEntries` gave for the set, where it was asked before.
 */
export function encodeBody(record: TombstoneRecord, entries?: Uint8Array): Uint8Array {
  if (!printableAscii.test(record.operationId)) throw invalid('an operation id is printable ASCII')
  const operationId = Buffer.from(record.operationId)
  const head = [Buffer.of(kinds[record.kind], operationId.length), operationId]
  return Buffer.concat(record.kind === 'abort' ? head : [...head, ...encodeSet(record, entries)])
}

function encodeSet(record: PrepareRecord, entries?: Uint8Array): Uint8Array[] {
  const { at, ids, parentIds } = record
  if (ids.length !== parentIds.length) throw invalid('every id has one parent or null')
  if (ids.length === 0) throw invalid('a set has at least one id')
  if (!Number.isSafeInteger(at)) throw invalid('a time is a whole number of milliseconds')
  const head = Buffer.alloc(12)
  head.writeDoubleLE(at, 0)
  head.writeUInt32LE(ids.length, 8)
  return [head, entries ?? packEntriesNow(record)]
}

type Entries = Pick<PrepareRecord, 'ids' | 'parentIds'>

/** The packed ids of a set and of their parents, in pieces, between which other work gets its turn. */
export async function packEntries(set: Entries): Promise<Uint8Array> {
  const packed: Uint8Array[] = []
  let start = 0
  for await (const ids of inPieces(set.ids)) {
    packed.push(packEntriesNow({ ids, parentIds: set.parentIds.slice(start, start + ids.length) }))
    start += ids.length
  }
  return Buffer.concat(packed)
}

function packEntriesNow({ ids, parentIds }: Entries): Uint8Array {
  const entries = Buffer.alloc(ids.length * (2 * uuidLengthBytes + 1))
  let end = 0
  for (const [index, id] of ids.entries()) {
    const parentId = parentIds[index] ?? null
    end = packUuidInto(entries, end, id)
    end = entries.writeUInt8(parentId === null ? 0 : 1, end)
    if (parentId !== null) end = packUuidInto(entries, end, parentId)
  }
  return entries.subarray(0, end)
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
