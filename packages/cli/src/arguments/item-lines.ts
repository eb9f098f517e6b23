// The input of `append`: one item a line. All of it is checked before anything is written, and a payload's text
// stays as it was given, number spellings and repeated keys included.

import { type NewItem, RawJson } from '@cenotaph/core'
import { payloadText } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'

export interface ItemLine {
  /** Counts from 1. */
  readonly number: number
  readonly item: NewItem
}

const newline = 0x0a
// The store gives ordinals itself, so that stored lines can be fed back; of other members nothing would be kept.
const members = new Set(['type', 'payload', 'timestamp', 'ordinal'])

/** @throws ITEM_INVALID with the number of the line; blank lines are passed over */
export function itemLines(input: Uint8Array): readonly ItemLine[] {
  const items: ItemLine[] = []
  let number = 0
  for (let start = 0; start < input.length; ) {
    const found = input.indexOf(newline, start)
    const end = found === -1 ? input.length : found
    number += 1
    const item = itemOf(input.subarray(start, end), number)
    if (item) items.push({ number, item })
    start = end + 1
  }
  return items
}

/** An error about an item, told about its line; any other error as it is. */
export function aboutLine(error: unknown, lines: readonly ItemLine[]): unknown {
  if (!isStoreError(error) || typeof error.detail.index !== 'number') return error
  const line = lines[error.detail.index]?.number
  if (line === undefined) return error
  return new StoreError(error.code, `line ${line}: ${error.message}`, {
    cause: error,
    detail: { ...error.detail, line },
  })
}

function itemOf(bytes: Uint8Array, line: number): NewItem | undefined {
  const refuse = (why: string, cause?: unknown): never => {
    throw new StoreError('ITEM_INVALID', `line ${line}: ${why}`, { detail: { line }, cause })
  }
  const text = decode(bytes) ?? refuse('it is no UTF-8')
  if (text.trim() === '') return undefined
  const value = parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse('it is no JSON object')
  }
  const { type, payload, timestamp } = value as Record<string, unknown>
  const unknown = Object.keys(value).find((key) => !members.has(key))
  if (unknown !== undefined) return refuse(`its member ${JSON.stringify(unknown)} cannot be kept`)
  if (typeof type !== 'string') return refuse('type is no text')
  if (payload === undefined) return refuse('it has no payload')
  if (timestamp !== undefined && typeof timestamp !== 'string') {
    return refuse('timestamp is no text')
  }
  return {
    type,
    payload: new RawJson(payloadText({ bytes })),
    ...(timestamp === undefined ? {} : { timestamp }),
  }
}

/** undefined for what is no UTF-8. A byte order mark stays, and is then no JSON. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
