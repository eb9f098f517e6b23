// When a deletion is due: after a delay, or at a time. A delay counts from the later of trusted time and the wall clock.

import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { type Duration, parseDuration } from '../time/duration.js'

export type DueDate = { readonly delayMs: number } | { readonly dueMs: number }

export interface WhenOptions {
  /** Not now, but after so long; until then the threads are hidden and can be restored. */
  readonly in?: Duration
  /** The same, at a time: a Date, or ISO 8601 with its zone. */
  readonly at?: string | Date
}

/** The last millisecond that a date can be written with four digits of year. */
const DUE_MS_MAX = Date.UTC(9999, 11, 31)

/** Undefined where neither is given. @throws ARGUMENT_INVALID */
export function dueDateOf(context: StoreContext, options: WhenOptions): DueDate | undefined {
  const { in: delay, at } = options
  if (delay !== undefined && at !== undefined) throw invalid('in and at exclude each other', 'in')
  if (delay !== undefined) {
    const delayMs = parseDuration(delay, 'in')
    if (context.trustedClock.startMs() + delayMs > DUE_MS_MAX) throw invalid('in is too long', 'in')
    return { delayMs }
  }
  if (at === undefined) return undefined
  const dueMs = timeOf(at)
  if (!Number.isSafeInteger(dueMs) || dueMs > DUE_MS_MAX)
    throw invalid('at is a date, or a time such as 2026-03-01T00:00:00Z', 'at')
  if (dueMs <= context.trustedClock.startMs()) throw invalid('at must be later than now', 'at')
  return { dueMs }
}

export const dueMsOf = ({ trustedClock }: StoreContext, due: DueDate): number =>
  'dueMs' in due ? due.dueMs : trustedClock.startMs() + due.delayMs

/** Texts without a zone mean another instant on another machine, so they are refused; a day alone is UTC by ISO 8601. */
function timeOf(at: unknown): number {
  if (at instanceof Date) return at.getTime()
  const isIso =
    typeof at === 'string' &&
    /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d))?$/.test(at)
  return isIso ? Date.parse(at) : Number.NaN
}

const invalid = (message: string, argument: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', message, { detail: { argument } })
