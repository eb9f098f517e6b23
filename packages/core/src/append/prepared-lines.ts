// Items become lines: the policy says what is kept, ordinals and timestamps are given here, and a payload's
// bytes stay as they were given. Pure, so that the same items and tail always make the same bytes.

import { encodeLine, fallbackUserTextOf, persistencePolicy, userTextOf } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { Tail } from '../threads/thread-state.js'
import type { DroppedItem } from './idempotency.js'

const PREVIEW_CHARACTERS_MAX = 200

/** An item to append. The payload is an object, or a `RawJson` whose text is kept byte for byte. */
export interface NewItem {
  readonly type: string
  readonly payload: unknown
  /** RFC 3339 UTC; by default the time of the store. */
  readonly timestamp?: string
}

/** A payload that is already JSON text, kept as it is: number spellings and duplicate keys survive. */
export class RawJson {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export interface KeptItem {
  readonly type: string
  readonly payload: string
  readonly timestamp: string | undefined
}

export interface CheckedItems {
  readonly kept: readonly KeptItem[]
  readonly dropped: readonly DroppedItem[]
  /** About how many bytes the lines will have. */
  readonly bytes: number
}

export interface PreparedLines {
  readonly bytes: Uint8Array
  readonly first: number
  readonly count: number
  readonly updatedAt: number
  readonly preview: string | undefined
}

/** Refuses what cannot be stored, and decides what is kept. */
export function checkItems(
  items: readonly NewItem[],
  options: {
    readonly mode: 'limited' | 'extended'
    readonly historyMode: 'legacy' | 'paginated'
    readonly maxLineBytes: number
  },
): CheckedItems {
  const kept: KeptItem[] = []
  const dropped: DroppedItem[] = []
  let bytes = 0
  // Not forEach, which passes over holes.
  for (const [index, item] of items.entries()) {
    const checked = checkItem(item, index)
    const decision = persistencePolicy(checked, options)
    if (!decision.keep) {
      dropped.push({ index, why: decision.why })
      continue
    }
    const payload = decision.payload ?? checked.payload
    // 128 bytes are enough for the envelope of any line.
    const lineBytes = Buffer.byteLength(payload) + Buffer.byteLength(checked.type) + 128
    if (lineBytes > options.maxLineBytes) {
      throw new StoreError('ITEM_TOO_LARGE', `item ${index} is longer than a line may be`, {
        detail: { index, bytes: lineBytes, maxLineBytes: options.maxLineBytes },
      })
    }
    bytes += lineBytes
    kept.push({ type: checked.type, payload, timestamp: checked.timestamp })
  }
  return { kept, dropped, bytes }
}

function checkItem(item: NewItem, index: number): KeptItem {
  const refuse = (why: string, cause?: unknown): never => {
    throw new StoreError('ITEM_INVALID', `item ${index}: ${why}`, { detail: { index }, cause })
  }
  if (typeof item !== 'object' || item === null) return refuse('not an object')
  const { type, timestamp, payload } = readOnce(item, refuse)
  if (typeof type !== 'string' || type === '') return refuse('type is not a name')
  if (type === 'session_meta') return refuse('the session_meta line is the engine’s to write')
  const isTime = typeof timestamp === 'string' && Number.isFinite(Date.parse(timestamp))
  if (timestamp !== undefined && !isTime) return refuse('timestamp is not a time')
  return { type, timestamp, payload: payloadJson(payload, refuse) }
}

/** An item may be anything, a getter that throws or answers twice in two ways included. */
function readOnce(item: NewItem, refuse: (why: string, cause?: unknown) => never): NewItem {
  try {
    const { type, timestamp, payload } = item
    return { type, payload, ...(timestamp === undefined ? {} : { timestamp }) }
  } catch (error) {
    return refuse('cannot be read', error)
  }
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function payloadJson(payload: unknown, refuse: (why: string, cause?: unknown) => never): string {
  try {
    if (payload instanceof RawJson) {
      const text = payload.text.trim()
      const value: unknown = JSON.parse(text)
      if (!isObject(value)) return refuse('payload is not an object')
      // A line is a line: white space between tokens may hold newlines, strings cannot.
      return /[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text
    }
    if (!isObject(payload)) return refuse('payload is not an object')
    const text = JSON.stringify(payload) as string | undefined
    // A `toJSON` may make anything of an object.
    return text?.startsWith('{') ? text : refuse('payload is not an object in JSON')
  } catch (error) {
    if (error instanceof StoreError) throw error
    return refuse('payload is not JSON', error)
  }
}

/** Lines for the kept items, continuing at `tail`. Does not move the tail. */
export function prepareLines(
  kept: readonly KeptItem[],
  tail: Tail,
  options: {
    readonly nowMs: number
    readonly explicitOrdinals: boolean
    readonly needsPreview: boolean
  },
): PreparedLines {
  const now = new Date(options.nowMs).toISOString()
  const pieces: Uint8Array[] = tail.endsWithNewline ? [] : [Buffer.from('\n')]
  let preview: string | undefined
  let updatedAt = 0
  kept.forEach((item, index) => {
    const timestamp = item.timestamp ?? now
    const ordinal = tail.ordinal + index
    pieces.push(
      encodeLine({
        timestamp,
        ordinal: options.explicitOrdinals ? ordinal : null,
        type: item.type,
        payload: item.payload,
      }),
    )
    updatedAt = Math.max(updatedAt, Date.parse(timestamp))
  })
  if (options.needsPreview) preview = previewOfItems(kept)
  return {
    bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces),
    first: tail.ordinal,
    count: kept.length,
    updatedAt,
    preview,
  }
}

const previewTypes = new Set(['event_msg', 'response_item'])

type Previewed = Parameters<typeof userTextOf>[0]

/** The user's first words in these items: of an event, or else of a message to the model. */
function previewOfItems(items: readonly KeptItem[]): string | undefined {
  return previewOfLines(
    items
      .filter(({ type }) => previewTypes.has(type))
      .map(({ type, payload }) => {
        const value = { type, payload: JSON.parse(payload) as Record<string, unknown> }
        const payloadType = value.payload.type
        return {
          type,
          payloadType: typeof payloadType === 'string' ? payloadType : undefined,
          value,
        }
      }),
  )
}

export function previewOfLines(lines: readonly Previewed[]): string | undefined {
  for (const textOf of [userTextOf, fallbackUserTextOf]) {
    for (const line of lines) {
      const text = textOf(line)
      if (text !== undefined) return [...text].slice(0, PREVIEW_CHARACTERS_MAX).join('')
    }
  }
  return undefined
}
