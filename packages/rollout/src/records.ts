// Finds the records in one piece of a rollout. Nearly always the piece is one record. When it is not, two
// writers (or one writer, a crash and a retry) have shared a line: every complete record on it is found, and
// what lies around them is reported. No context is used beyond the piece, so reading backward finds the same.

import { isUtf8 } from 'node:buffer'
import type { Damage, DamageKind } from './damage.js'
import { isFields } from './items.js'
import { textOf } from './json-fields.js'
import { isSpace, type JsonScan, scanJson, skipSpace } from './json-scan.js'
import type { Piece } from './pieces.js'
import { invalidUtf8Range } from './utf8.js'

const openBrace = 0x7b
const closeBrace = 0x7d

export interface FoundRecord {
  readonly kind: 'record'
  readonly offset: number
  readonly length: number
  readonly bytes: Uint8Array
  /** Undefined where the bytes are no sound UTF-8. */
  readonly text: string | undefined
  readonly value: Readonly<Record<string, unknown>>
}

export type Found = FoundRecord | { readonly kind: 'damage'; readonly damage: Damage }

/** Records and damage in rising order, of any piece. A piece of white space holds nothing, and is no damage. */
export function findRecords(piece: Piece): readonly Found[] {
  const all = piece.bytes
  if (skipSpace(all, 0) === all.length) return []
  const found: Found[] = []
  const start = hasByteOrderMark(all) ? 3 : 0
  if (start > 0) found.push(damage('bom', piece.offset, start))
  let lineEnd = all.length
  while (all[lineEnd - 1] === 0x0d) lineEnd -= 1
  const recordStart = skipSpace(all, start)
  let end = lineEnd
  while (isSpace(all[end - 1])) end -= 1
  const text: Text = {
    offset: piece.offset + recordStart,
    bytes: all.subarray(recordStart, end),
    endBytes: all.length - end + (piece.endedBy === 'newline' ? 1 : 0),
    isLast: piece.endedBy === 'end',
  }
  const value = parse(text.bytes)?.value
  if (isRecord(value)) pushRecord(found, text, 0, text.bytes.length, value)
  else salvage(found, text, value !== undefined)
  if (lineEnd < all.length) {
    found.push(damage('crlf', piece.offset + lineEnd, all.length - lineEnd))
  }
  return found
}

/** What nearly every piece is: one record from its first byte to its last, in sound UTF-8. Undefined for any other. */
export function wholeRecord({ offset, bytes, endedBy }: Piece): FoundRecord | undefined {
  if (bytes[0] !== openBrace || bytes[bytes.length - 1] !== closeBrace) return undefined
  const parsed = parse(bytes)
  if (!parsed || !isRecord(parsed.value)) return undefined
  // What is no UTF-8 is decoded to this; nothing else need be looked at byte by byte.
  if (parsed.text.includes('\ufffd') && !isUtf8(bytes)) return undefined
  const length = bytes.length + (endedBy === 'newline' ? 1 : 0)
  return { kind: 'record', offset, length, bytes, text: parsed.text, value: parsed.value }
}

/** A piece without its byte order mark, carriage returns and surrounding spaces. */
interface Text {
  readonly offset: number
  readonly bytes: Uint8Array
  /** Bytes from here to the next line. */
  readonly endBytes: number
  /** Nothing follows: it may have been cut off here. */
  readonly isLast: boolean
}

function salvage(found: Found[], text: Text, isJson: boolean): void {
  const spans = isJson ? [] : completeSpans(text.bytes)
  if (spans.length === 0) {
    const kind = text.isLast ? 'torn-tail' : isJson ? 'not-a-record' : 'not-json'
    found.push(damage(kind, text.offset, text.bytes.length))
    return
  }
  let at = 0
  for (const span of spans) {
    pushBetween(found, text, at, span.start, at > 0)
    pushRecord(found, text, span.start, span.end, span.value)
    at = span.end
  }
  pushBetween(found, text, at, text.bytes.length, false)
}

/** Reports the bytes between two records; none at all is a seam, where only a newline is missing. */
function pushBetween(found: Found[], text: Text, start: number, end: number, seam: boolean): void {
  const blank = text.bytes.subarray(start, end).every(isSpace)
  if (blank && !seam) return
  const kind = text.isLast && end === text.bytes.length ? 'torn-tail' : 'splice'
  found.push(
    blank ? damage('splice', text.offset + end, 0) : damage(kind, text.offset + start, end - start),
  )
}

function pushRecord(
  found: Found[],
  text: Text,
  start: number,
  end: number,
  value: FoundRecord['value'],
): void {
  const bytes = text.bytes.subarray(start, end)
  const offset = text.offset + start
  const endBytes = end === text.bytes.length ? text.endBytes : 0
  const length = bytes.length + endBytes
  const sound = isUtf8(bytes)
  const recordText = sound ? textOf(bytes, 0, bytes.length) : undefined
  found.push({ kind: 'record', offset, length, bytes, text: recordText, value })
  if (sound) return
  const range = invalidUtf8Range(bytes)
  found.push(damage('invalid-utf8', offset + range.start, range.end - range.start))
}

interface Span {
  readonly start: number
  readonly end: number
  readonly value: FoundRecord['value']
}

/**
 * The complete records in bytes that are not one. One pass: where a record breaks off, everything before that
 * place was its own values, so the search goes on there and never looks at a byte twice (but for the string
 * that was open).
 *
 * An object inside a torn record can look like a record itself (a tool that returned a transcript), so behind
 * a fragment more is asked: a timestamp, and no `,`, `]` or `}` after it. A record that follows where the
 * fragment had room for a value looks like such an object too; there the fragment's ordinal tells them apart.
 */
function completeSpans(bytes: Uint8Array): readonly Span[] {
  const spans: Span[] = []
  let from = 0
  let afterFragment = false
  for (;;) {
    const token = skipSpace(bytes, from)
    const at = bytes.indexOf(openBrace, token)
    if (at < 0) return spans
    afterFragment ||= at > token
    const scan = scanJson(bytes, at)
    const span = spanOf(bytes, at, scan, afterFragment)
    if (span) spans.push(span)
    afterFragment = !span
    from = span ? span.end : scan.complete ? scan.end : scan.resumeAt
  }
}

function spanOf(
  bytes: Uint8Array,
  start: number,
  scan: JsonScan,
  afterFragment: boolean,
): Span | undefined {
  const range = scan.complete ? { start, end: scan.end } : scan.lastClosed
  if (!range) return undefined
  const value = parse(bytes.subarray(range.start, range.end))?.value
  if (!isRecord(value)) return undefined
  const inFragment = !scan.complete
  if (afterFragment || inFragment) {
    if (typeof value.timestamp !== 'string') return undefined
    const next = bytes[skipSpace(bytes, range.end)]
    if (next === 0x2c || next === 0x5d || next === 0x7d) return undefined
  }
  if (inFragment && !continuesFragment(bytes.subarray(start, range.start), value)) return undefined
  return { ...range, value }
}

const ordinalOfFragment = /^\{\s*"timestamp"\s*:\s*"[^"]*"\s*,\s*"ordinal"\s*:\s*(\d+)\s*,/

/** Whether a record is one that came after the fragment: a retry has its ordinal, another line the next. */
function continuesFragment(fragment: Uint8Array, value: FoundRecord['value']): boolean {
  const head = Buffer.from(fragment.subarray(0, 256)).toString('latin1')
  const ordinal = ordinalOfFragment.exec(head)?.[1]
  if (ordinal === undefined) return true
  return value.ordinal === Number(ordinal) || value.ordinal === Number(ordinal) + 1
}

function isRecord(value: unknown): value is FoundRecord['value'] {
  return isFields(value) && typeof value.type === 'string' && Object.hasOwn(value, 'payload')
}

/** undefined when the bytes are no JSON. */
function parse(bytes: Uint8Array): { readonly text: string; readonly value: unknown } | undefined {
  const text = textOf(bytes, 0, bytes.length)
  try {
    return { text, value: JSON.parse(text) }
  } catch {
    return undefined
  }
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function damage(kind: DamageKind, offset: number, length: number): Found {
  return { kind: 'damage', damage: { kind, offset, length } }
}
