// Durations as people write them: '45m', '12h', '30d', '8w', '6mo', or a number of milliseconds.

import { StoreError } from '@cenotaph/storage'

/** Milliseconds, or a whole number with its unit: m, h, d, w, or mo, which is 30 days. */
export type Duration = number | string

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

const unitMs: Readonly<Record<string, number>> = {
  m: minuteMs,
  h: 60 * minuteMs,
  d: dayMs,
  w: 7 * dayMs,
  mo: 30 * dayMs,
}

/** Whole milliseconds, 1 or more. @throws ARGUMENT_INVALID for anything else, 0 and negative ones included */
export function parseDuration(value: Duration, name: string): number {
  const ms = typeof value === 'number' ? value : fromText(value)
  if (Number.isSafeInteger(ms) && ms > 0) return ms
  throw new StoreError(
    'ARGUMENT_INVALID',
    `${name} must be a duration above 0, such as 45m, 12h, 30d, 8w or 6mo`,
    { detail: { argument: name } },
  )
}

function fromText(value: unknown): number {
  const found = typeof value === 'string' ? /^(\d{1,9})(m|h|d|w|mo)$/.exec(value) : null
  return found ? Number(found[1]) * unitMs[found[2]!]! : Number.NaN
}
