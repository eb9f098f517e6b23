// Cursors are keys, wrapped so that nobody builds on their form. A cursor belongs to the query that made it.

import { StoreError } from '@cenotaph/storage'
import { checkText } from '../check-options.js'

export function encodeCursor(query: string, position: string): string {
  return Buffer.from(JSON.stringify([query, position])).toString('base64url')
}

/** @throws CURSOR_INVALID */
export function decodeCursor(query: string, cursor: string): string {
  try {
    checkText(cursor, 'cursor')
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (Array.isArray(value) && value[0] === query && typeof value[1] === 'string') return value[1]
  } catch (cause) {
    throw new StoreError('CURSOR_INVALID', 'this is not a cursor', { cause })
  }
  throw new StoreError('CURSOR_INVALID', 'this cursor belongs to another query')
}
