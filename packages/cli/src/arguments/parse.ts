// Values of options, from text. Each names the option's value in its error, not the option: the parser adds that.

import { parseDuration } from '@cenotaph/core'
import { isStoreError } from '@cenotaph/storage'
import { UsageError } from '../usage-error.js'

/** A whole number, 0 or more. @throws UsageError */
export function wholeNumber(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new UsageError(`expected a whole number, 0 or more, and got ${JSON.stringify(text)}`)
}

/** A whole number, -1 or more: -1 stands before the first position. @throws UsageError */
export const positionNumber = (text: string): number => (text === '-1' ? -1 : wholeNumber(text))

/** A JSON object. @throws UsageError */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new UsageError('expected a JSON object, and got no JSON')
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>
  }
  throw new UsageError('expected a JSON object')
}

/** A duration such as 45m, 12h, 30d, 8w or 6mo, as it was given. @throws UsageError */
export function durationOption(text: string): string {
  try {
    parseDuration(text, 'it')
    return text
  } catch (error) {
    if (!isStoreError(error)) throw error
    throw new UsageError(
      `expected a duration above 0, such as 45m, 12h, 30d, 8w or 6mo, and got ${JSON.stringify(text)}`,
    )
  }
}

/** A time, as it was given; that it has not passed is for the store to say. @throws UsageError */
export function timeOption(text: string): string {
  if (Number.isFinite(Date.parse(text))) return text
  throw new UsageError(
    `expected a time such as 2030-01-31T12:00:00Z, and got ${JSON.stringify(text)}`,
  )
}

/** The options that were given. */
export function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== undefined),
  ) as ReturnType<typeof given<T>>
}
