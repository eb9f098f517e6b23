// Items become lines: the policy says what is kept, ordinals and timestamps are given here, and a payload's
// bytes stay as they were given. Pure, so that the same items and tail always make the same bytes.

import { fallbackUserTextOf, lineText, persistencePolicy, userTextOf } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { Tail } from '../threads/thread-state.js'
import type { DroppedItem } from './idempotency.js'

const PREVIEW_CHARACTERS_MAX = 200
/** Characters. */
const ENCODED_AT_ONCE = 1024 * 1024

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
  /** The payload is text that `JSON.stringify` made. */
  readonly isOwnJson?: boolean
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
    const { type, payload: text, isOwnJson } = checked
    const payloadType = isOwnJson ? firstType.exec(text)?.[1] : undefined
    const decision = persistencePolicy({ type, payload: text, payloadType }, options)
    if (!decision.keep) {
      dropped.push({ index, why: decision.why })
      continue
    }
    const payload = decision.payload ?? text
    // 128 bytes are enough for the envelope of any line.
    const lineBytes = Buffer.byteLength(payload) + Buffer.byteLength(checked.type) + 128
    if (lineBytes > options.maxLineBytes) {
      throw new StoreError('ITEM_TOO_LARGE', `item ${index} is longer than a line may be`, {
        detail: { index, bytes: lineBytes, maxLineBytes: options.maxLineBytes },
      })
    }
    bytes += lineBytes
    kept.push(decision.payload === undefined ? checked : { ...checked, payload, isOwnJson: false })
  }
  return { kept, dropped, bytes }
}

/** In text of `JSON.stringify` a member is named once, so what it begins with is what it has. */
const firstType = /^\{"type":"([\w.-]+)"/

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
  const isOwnJson = !(payload instanceof RawJson)
  return { type, timestamp, payload: payloadJson(payload, refuse), isOwnJson }
}

/** An item may be anything, a getter that throws or answers twice in two ways included. */
function readOnce(item: NewItem, refuse: (why: string, cause?: unknown) => never): NewItem {
  try {
    const { type, timestamp, payload } = item
    return timestamp === undefined ? { type, payload } : { type, payload, timestamp }
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
  const now = isoTime(options.nowMs)
  const pieces: Uint8Array[] = []
  let text = tail.endsWithNewline ? '' : '\n'
  let updatedAt = 0
  for (const [index, { type, payload, timestamp, isOwnJson = false }] of kept.entries()) {
    const ordinal = options.explicitOrdinals ? tail.ordinal + index : null
    text += lineText({ timestamp: timestamp ?? now, ordinal, type, payload, isOwnJson })
    updatedAt = Math.max(
      updatedAt,
      timestamp === undefined ? Math.trunc(options.nowMs) : Date.parse(timestamp),
    )
    // Small lines are encoded together; a text must not become longer than a text can be.
    if (text.length < ENCODED_AT_ONCE) continue
    pieces.push(Buffer.from(text))
    text = ''
  }
  if (text !== '' || pieces.length === 0) pieces.push(Buffer.from(text))
  return {
    bytes: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces),
    first: tail.ordinal,
    count: kept.length,
    updatedAt,
    preview: options.needsPreview ? previewOfItems(kept) : undefined,
  }
}

let lastMs = Number.NaN
let lastTime = ''

/** RFC 3339 UTC. Lines of one moment share their time. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastTime = new Date(ms).toISOString()
    lastMs = ms
  }
  return lastTime
}

const previewTypes = new Set(['event_msg', 'response_item'])

type Previewed = Parameters<typeof userTextOf>[0]

/** The user's first words in these items: of an event, or else of a message to the model. */
function previewOfItems(items: readonly KeptItem[]): string | undefined {
  // Whatever says that the user wrote it names the user, so most items need not be parsed.
  return previewOfLines(
    items
      .filter(({ type, payload }) => previewTypes.has(type) && /user/i.test(payload))
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
