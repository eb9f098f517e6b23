// Reads and edits the members of a JSON object as text. What is not edited keeps every byte: the spelling of
// numbers, the order of keys, keys that stand twice, escapes.

import { StoreError } from '@cenotaph/storage'
import { scanJson, skipSpace } from './json-scan.js'

export interface JsonField {
  readonly key: string
  readonly keyStart: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** The members of the object that begins at `start`, in their order. Throws ITEM_INVALID when it is none. */
export function objectFields(bytes: Uint8Array, start = 0): readonly JsonField[] {
  const open = skipSpace(bytes, start)
  if (bytes[open] !== 0x7b) throw notAnObject()
  const fields: JsonField[] = []
  let at = skipSpace(bytes, open + 1)
  while (bytes[at] !== 0x7d) {
    const keyStart = at
    const keyEnd = valueEnd(bytes, at)
    const valueStart = skipSpace(bytes, skipSpace(bytes, keyEnd) + 1)
    const end = valueEnd(bytes, valueStart)
    const key = String(JSON.parse(textOf(bytes, keyStart, keyEnd)))
    fields.push({ key, keyStart, valueStart, valueEnd: end })
    at = skipSpace(bytes, end)
    if (bytes[at] === 0x2c) at = skipSpace(bytes, at + 1)
  }
  return fields
}

/** The member that JSON.parse would answer with: the last one of that key. */
export function fieldOf(fields: readonly JsonField[], key: string): JsonField | undefined {
  return fields.findLast((field) => field.key === key)
}

/**
 * The object text with one member set to the JSON text `value`, or removed where it is undefined. A key that
 * stands several times is set where it counts (the last) and removed everywhere. A new member goes behind
 * `after`, or to the front where there is no such member.
 */
export function withField(
  bytes: Uint8Array,
  key: string,
  value: string | undefined,
  after?: string,
): Uint8Array {
  const fields = objectFields(bytes)
  const known = fieldOf(fields, key)
  if (value === undefined) return known ? withoutField(bytes, key) : bytes
  if (known) return splice(bytes, known.valueStart, known.valueEnd, value)
  const before = after === undefined ? undefined : fieldOf(fields, after)
  const member = `${JSON.stringify(key)}:${value}`
  if (before) return splice(bytes, before.valueEnd, before.valueEnd, `,${member}`)
  const open = skipSpace(bytes, 0) + 1
  return splice(bytes, open, open, fields.length > 0 ? `${member},` : member)
}

/** The bytes with [start, end) replaced by the UTF-8 of `text`. */
export function splice(bytes: Uint8Array, start: number, end: number, text: string): Uint8Array {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text), bytes.subarray(end)])
}

export function textOf(bytes: Uint8Array, start: number, end: number): string {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return buffer.toString('utf8', start, end)
}

function withoutField(bytes: Uint8Array, key: string): Uint8Array {
  const fields = objectFields(bytes)
  const index = fields.findLastIndex((field) => field.key === key)
  const field = fields[index]
  if (!field) return bytes
  const next = fields[index + 1]
  const previous = fields[index - 1]
  // The comma behind the member goes with it; the last member takes the comma before it instead.
  const start = next || !previous ? field.keyStart : previous.valueEnd
  const end = next ? next.keyStart : field.valueEnd
  return withoutField(splice(bytes, start, end, ''), key)
}

function valueEnd(bytes: Uint8Array, start: number): number {
  const scan = scanJson(bytes, start)
  if (!scan.complete) throw notAnObject()
  return scan.end
}

function notAnObject(): StoreError {
  return new StoreError('ITEM_INVALID', 'The text is no JSON object')
}
