// One spelling for a JSON value, so that a hash or a signature of it means the same everywhere: the form of
// RFC 8785 (members sorted by UTF-16 code units, no spaces, strings as ECMAScript writes them), for the
// values that this project signs. Numbers are safe integers only, whose spelling is beyond doubt.
//
// One departure from RFC 8785: a lone surrogate is written as an escape, where the RFC refuses it. A
// deletion must not fail on the last step because of what somebody typed as its reason.

import { StoreError } from '@cenotaph/storage'

const maxDepth = 32

/**
 * The canonical text. ARGUMENT_INVALID for what JSON does not keep (undefined, functions, class instances,
 * fractions, unsafe integers) and for more than 32 levels, which cycles are.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}

/** The canonical text in UTF-8. */
export const canonicalBytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(canonicalJson(value))

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw refused('nested too deep')
  if (value === null || typeof value === 'boolean' || typeof value === 'string')
    return JSON.stringify(value)
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw refused('a number that is not a safe integer')
    return JSON.stringify(value)
  }
  // The ids of a large set are most of its receipt, and this is the same text.
  if (isListOfTexts(value)) return JSON.stringify(value)
  if (Array.isArray(value))
    return `[${Array.from(value, (entry) => write(entry, depth + 1)).join(',')}]`
  if (!isPlainObject(value)) throw refused(`a value of type ${typeof value}`)
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${write(value[name], depth + 1)}`)
  return `{${members.join(',')}}`
}

function isListOfTexts(value: unknown): value is readonly string[] {
  if (!Array.isArray(value)) return false
  for (const entry of value) if (typeof entry !== 'string') return false
  return true
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

const refused = (what: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', `canonical JSON refuses ${what}`)
