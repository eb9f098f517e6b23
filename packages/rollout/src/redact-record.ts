// A record without its content, in exactly as many bytes. What stays: timestamp, ordinal, type, and of the payload its
// `type` and `turn_id`. Everything else goes, members that the format does not know included, and spaces before the
// final brace take its place: every offset behind the line stays true. What does not fit is left out in this order:
// turn id, payload type. A payload of one byte (a digit) becomes `0`, because `{}` has two.
//
// Kept texts must look like what they are. A `type` or a `turn_id` that does not could be anything, and goes as well.

import { StoreError } from '@cenotaph/storage'
import { fieldOf, type JsonField, objectFields, textOf } from './json-fields.js'

const identifier = /^"[\w.:/-]{1,100}"$/
const time = /^"[\dTZ:.+-]{4,40}"$/
const number = /^\d{1,16}$/

/** @throws ITEM_INVALID where the bytes are no record */
export function redactRecord(record: Uint8Array): Uint8Array {
  const fields = objectFields(record)
  const outer = (key: string, shape: RegExp) => kept(record, fields, key, shape)
  const type = outer('type', identifier) ?? '""'
  const [timestamp, ordinal] = [outer('timestamp', time), outer('ordinal', number)]
  const { payloadType, turnId } = keptOfPayload(record, fields)
  const payloads = [
    members({ type: payloadType, turn_id: turnId }),
    members({ type: payloadType }),
    '',
  ].map((inner) => `{${inner}}`)
  for (const payload of [...payloads, '0']) {
    const text = `{${members({ timestamp, ordinal, type, payload })}}`
    if (text.length <= record.length) return padded(text, record.length)
  }
  throw new StoreError('ITEM_INVALID', 'The text is no record')
}

/** Whether nothing is left in a record that redaction would take. */
export const isRedacted = (record: Uint8Array): boolean =>
  Buffer.compare(record, redactRecord(record)) === 0

/** The parts of the payload that a redaction keeps, as JSON text. */
function keptOfPayload(
  record: Uint8Array,
  fields: readonly JsonField[],
): { payloadType: string | undefined; turnId: string | undefined } {
  const payload = fieldOf(fields, 'payload')
  if (!payload || record[payload.valueStart] !== 0x7b) {
    return { payloadType: undefined, turnId: undefined }
  }
  const inner = objectFields(record, payload.valueStart)
  return {
    payloadType: kept(record, inner, 'type', identifier),
    turnId: kept(record, inner, 'turn_id', identifier),
  }
}

/** A member's JSON text, unless it is absent or of another shape. */
function kept(
  bytes: Uint8Array,
  fields: readonly JsonField[],
  key: string,
  shape: RegExp,
): string | undefined {
  const field = fieldOf(fields, key)
  const text = field && textOf(bytes, field.valueStart, field.valueEnd)
  return text !== undefined && shape.test(text) ? text : undefined
}

const members = (parts: Readonly<Record<string, string | undefined>>): string =>
  Object.entries(parts)
    .flatMap(([key, value]) => (value === undefined ? [] : [`"${key}":${value}`]))
    .join(',')

/** Spaces before the final brace: every character here is one byte. */
const padded = (text: string, length: number): Uint8Array =>
  Buffer.from(`${text.slice(0, -1)}${' '.repeat(length - text.length)}}`)
