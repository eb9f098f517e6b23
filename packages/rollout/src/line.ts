// One line of a rollout: `{"timestamp","ordinal"?,"type","payload"}` and a newline. Key order and the absent
// ordinal of legacy threads are Codex's. Lines that others wrote are never re-encoded: what has to change in
// a first line is changed as text, and every other byte of it stays.

import { StoreError } from '@cenotaph/storage'
import { type Ordinal, ordinal } from './ids.js'
import type { HistoryBase } from './items.js'
import { fieldOf, objectFields, splice, textOf, withField } from './json-fields.js'

export interface LineParts {
  readonly timestamp: string
  /** null for a legacy thread, whose lines have none. */
  readonly ordinal: number | null
  readonly type: string
  /** JSON text. */
  readonly payload: string
  /** The text is what `JSON.stringify` made: it can stand in a line as it is, and is not looked at again. */
  readonly isOwnJson?: boolean
  /** Spaces before the final `}`, to be used up when the line is rewritten. Default 0. */
  readonly padding?: number
}

export interface RolloutLine {
  /** Where the record begins in its rollout, in uncompressed bytes. */
  readonly offset: number
  /** Bytes of the record with its line end (and spaces before it), where one follows directly. */
  readonly length: number
  /**
   * The record's bytes alone, from `{` to `}`. They belong to the caller, but for lines that come by the chunk: those
   * have views of it, which nobody writes to or keeps.
   */
  readonly bytes: Uint8Array
  /** The same as text; undefined where they are no sound UTF-8. */
  readonly text: string | undefined
  /** As written, or the previous line's plus one where the line has none. */
  readonly ordinal: Ordinal
  readonly explicitOrdinal: boolean
  readonly timestamp: string | undefined
  readonly type: string
  /** `payload.type`, when it is a string. */
  readonly payloadType: string | undefined
  /** The parsed record. Numbers that JavaScript cannot hold are exact only in {@link payloadText}. */
  readonly value: Readonly<Record<string, unknown>>
}

/**
 * The bytes of a line, newline included. The payload's text is kept as given, but for two things that could
 * not be stored: line breaks between tokens become spaces, and unpaired surrogates become `\u` escapes.
 * Throws ITEM_INVALID for a payload that is no JSON, ORDINAL_OVERFLOW for an ordinal that is none.
 */
export const encodeLine = (parts: LineParts): Uint8Array => Buffer.from(lineText(parts))

/** As {@link encodeLine}, as text: for whoever encodes many lines at once. */
export function lineText(parts: LineParts): string {
  const number = parts.ordinal === null ? '' : `"ordinal":${ordinal(parts.ordinal)},`
  const head = `{"timestamp":${JSON.stringify(parts.timestamp)},${number}"type":${JSON.stringify(parts.type)}`
  const padding = ' '.repeat(parts.padding ?? 0)
  const payload = parts.isOwnJson ? parts.payload : storable(parts.payload)
  return `${head},"payload":${payload}${padding}}\n`
}

/** The payload's JSON text exactly as stored. Bytes that are no UTF-8 show as U+FFFD. */
export function payloadText(line: { readonly bytes: Uint8Array }): string {
  const field = fieldOf(objectFields(line.bytes), 'payload')
  if (!field) throw new StoreError('ITEM_INVALID', 'The record has no payload')
  return textOf(line.bytes, field.valueStart, field.valueEnd)
}

export interface SessionMetaChange {
  /** null removes it. */
  readonly ordinal?: number | null
  /** null removes it. */
  readonly historyBase?: HistoryBase | null
  /** Bytes that the line should have, newline included; see {@link rewriteSessionMeta}. */
  readonly byteLength?: number
}

/**
 * A session_meta line (with or without its newline) with the named fields changed and every other byte kept;
 * ends with a newline. With `byteLength`, spaces before the final `}` are added or taken away to reach it; a
 * line that is longer even without them is returned as short as it gets, so the caller compares lengths.
 * Throws ITEM_INVALID when the line is no record.
 */
export function rewriteSessionMeta(line: Uint8Array, change: SessionMetaChange): Uint8Array {
  let bytes = withoutLineEnd(line)
  if (change.ordinal !== undefined) {
    const value = change.ordinal === null ? undefined : String(ordinal(change.ordinal))
    bytes = withField(bytes, 'ordinal', value, 'timestamp')
  }
  if (change.historyBase !== undefined) {
    const payload = fieldOf(objectFields(bytes), 'payload')
    if (!payload) throw new StoreError('ITEM_INVALID', 'The record has no payload')
    const value = change.historyBase === null ? undefined : JSON.stringify(change.historyBase)
    const text = bytes.subarray(payload.valueStart, payload.valueEnd)
    const edited = withField(text, 'history_base', value, 'history_mode')
    bytes = Buffer.concat([
      bytes.subarray(0, payload.valueStart),
      edited,
      bytes.subarray(payload.valueEnd),
    ])
  }
  if (change.byteLength !== undefined) bytes = padded(bytes, change.byteLength - 1)
  return Buffer.concat([bytes, Buffer.from('\n')])
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const brace = bytes.lastIndexOf(0x7d)
  if (bytes.length <= length) return splice(bytes, brace, brace, ' '.repeat(length - bytes.length))
  let start = brace
  while (bytes[start - 1] === 0x20 && bytes.length - (brace - start) > length) start -= 1
  return splice(bytes, start, brace, '')
}

function withoutLineEnd(line: Uint8Array): Uint8Array {
  let end = line.length
  while (line[end - 1] === 0x0a || line[end - 1] === 0x0d) end -= 1
  return line.subarray(0, end)
}

function storable(payload: string): string {
  try {
    JSON.parse(payload)
  } catch (cause) {
    throw new StoreError('ITEM_INVALID', 'The payload is no JSON text', { cause })
  }
  // Valid JSON has raw line breaks between tokens only, and unpaired surrogates inside strings only, so
  // neither change touches a value.
  return payload
    .replace(/[\n\r]/g, ' ')
    .replace(/\p{Surrogate}/gu, (half) => `\\u${half.charCodeAt(0).toString(16)}`)
}
