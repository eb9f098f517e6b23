// What an attachment is in LevelDB. Two values: a head that says what it is called, and its bytes, so that a list reads
// no bytes. Their keys hold a handle, an HMAC under a random secret that is a value of the thread: whoever has the key
// bytes, which LevelDB keeps for long, cannot find the name by guessing once the secret is erased.
//
//   t/<id>/secret       32 random bytes, made with the first attachment
//   t/<id>/a/<handle>   {kind, key, json, bytes, atMs}
//   t/<id>/b/<handle>   the bytes; JSON text where `json` is true

import { createHmac } from 'node:crypto'
import type { BatchOperation } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

export const SECRET_BYTES = 32
const HANDLE_DIGITS = 32
const NAME_CHARACTERS_MAX = 200

export const secretKey = (id: ThreadId): string => `t/${id}/secret`
export const headsPrefix = (id: ThreadId): string => `t/${id}/a/`
export const headKey = (id: ThreadId, handle: string): string => `t/${id}/a/${handle}`
export const bytesKey = (id: ThreadId, handle: string): string => `t/${id}/b/${handle}`

/** Both keys of an attachment, from one of them; undefined for the key of anything else. */
export function attachmentKeys(key: string): readonly [head: string, bytes: string] | undefined {
  const parts = /^(t\/[^/]+\/)[ab]\/([0-9a-f]+)$/.exec(key)
  return parts ? [`${parts[1]}a/${parts[2]}`, `${parts[1]}b/${parts[2]}`] : undefined
}

export interface AttachmentName {
  readonly kind: string
  readonly key: string
}

export interface AttachmentHead extends AttachmentName {
  /** The bytes are JSON text, and are given back as what they stand for. */
  readonly json: boolean
  readonly bytes: number
  /** Store time of the put, in milliseconds. */
  readonly atMs: number
}

/** A pair of texts is one text in JSON, whatever characters are in them. */
export const handleOf = (secret: Uint8Array, { kind, key }: AttachmentName): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([kind, key]))
    .digest('hex')
    .slice(0, HANDLE_DIGITS)

export const encodeHead = (head: AttachmentHead): Uint8Array => Buffer.from(JSON.stringify(head))

/** Undefined for what is no head. */
export function decodeHead(body: Uint8Array): AttachmentHead | undefined {
  try {
    const head = JSON.parse(Buffer.from(body).toString()) as Partial<AttachmentHead> | null
    const sound =
      typeof head?.kind === 'string' &&
      typeof head.key === 'string' &&
      typeof head.json === 'boolean' &&
      Number.isSafeInteger(head.bytes) &&
      Number.isSafeInteger(head.atMs)
    return sound ? (head as AttachmentHead) : undefined
  } catch {
    return undefined
  }
}

export function putOperations(
  id: ThreadId,
  handle: string,
  head: AttachmentHead,
  bytes: Uint8Array,
): BatchOperation[] {
  return [
    { type: 'put', key: headKey(id, handle), body: encodeHead(head) },
    { type: 'put', key: bytesKey(id, handle), body: bytes },
  ]
}

export const dropOperations = (id: ThreadId, handle: string): BatchOperation[] => [
  { type: 'del', key: headKey(id, handle) },
  { type: 'del', key: bytesKey(id, handle) },
]

/** @throws ARGUMENT_INVALID */
export function checkName(value: unknown, name: 'kind' | 'key'): asserts value is string {
  const sound =
    typeof value === 'string' &&
    value.length >= 1 &&
    value.length <= NAME_CHARACTERS_MAX &&
    isWellFormed(value)
  if (sound) return
  throw new StoreError(
    'ARGUMENT_INVALID',
    `${name} must be a text of 1 to ${NAME_CHARACTERS_MAX} characters`,
    { detail: { argument: name } },
  )
}

/** A lone half of a surrogate pair has no UTF-8: two such names would be one on disk. */
const isWellFormed = (text: string): boolean => Buffer.from(text).toString() === text

export interface EncodedValue {
  readonly json: boolean
  readonly bytes: Uint8Array
}

/**
 * Bytes are copied: what the caller does to them later is not stored. @throws ARGUMENT_INVALID for what is neither bytes
 * nor JSON, ATTACHMENT_TOO_LARGE
 */
export function encodeValue(value: unknown, bytesMax: number): EncodedValue {
  const isBytes = value instanceof Uint8Array
  if (!isBytes && (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)) throw notAValue()
  if (isBytes) refuseLarge(value.length, bytesMax)
  const bytes = isBytes ? Uint8Array.from(value) : jsonBytes(value)
  refuseLarge(bytes.length, bytesMax)
  return { json: !isBytes, bytes }
}

function jsonBytes(value: unknown): Uint8Array {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw notAValue(cause)
  }
  if (text === undefined) throw notAValue()
  return Buffer.from(text)
}

const notAValue = (cause?: unknown): StoreError =>
  new StoreError('ARGUMENT_INVALID', 'a value is a Uint8Array, or what JSON can hold', {
    cause,
    detail: { argument: 'value' },
  })

function refuseLarge(bytes: number, limit: number): void {
  if (bytes <= limit) return
  throw new StoreError('ATTACHMENT_TOO_LARGE', `an attachment has at most ${limit} bytes`, {
    detail: { bytes, limit },
  })
}

export const decodeValue = ({ json }: AttachmentHead, bytes: Uint8Array): unknown =>
  json ? JSON.parse(Buffer.from(bytes).toString()) : Uint8Array.from(bytes)
