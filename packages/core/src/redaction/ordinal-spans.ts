// Ordinals as callers name them, and as spans: sorted, apart, both ends included.

import { StoreError } from '@cenotaph/storage'

export type OrdinalRange = number | { readonly from: number; readonly to: number }

export interface OrdinalSpan {
  readonly from: number
  readonly to: number
}

/** What one call may name; the masks of so many lines are held in memory. */
export const LINES_MAX = 100_000

/** @throws ARGUMENT_INVALID */
export function spansOfRanges(given: readonly OrdinalRange[]): OrdinalSpan[] {
  if (!Array.isArray(given) || given.length === 0) throw invalid('name at least one, in a list')
  const spans = merge(given.map(spanOf))
  if (spans.reduce((sum, { from, to }) => sum + to - from + 1, 0) > LINES_MAX)
    throw invalid(`name at most ${LINES_MAX.toLocaleString('en')} at a time`)
  return spans
}

function spanOf(given: OrdinalRange): OrdinalSpan {
  const range: { from: unknown; to: unknown } | null =
    typeof given === 'number' ? { from: given, to: given } : given
  if (typeof range !== 'object' || range === null) throw invalid('a number or {from, to} each')
  const { from, to } = range
  if (!isOrdinal(from) || !isOrdinal(to) || from > to)
    throw invalid('whole numbers, 0 or more, `from` not above `to`')
  return { from, to }
}

const isOrdinal = (value: unknown): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0

const invalid = (what: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', `ordinals: ${what}`, { detail: { argument: 'ordinals' } })

export const spansOf = (ordinals: Iterable<number>): OrdinalSpan[] =>
  merge([...ordinals].map((one) => ({ from: one, to: one })))

/** Spans of both. */
export const joinSpans = (
  one: readonly OrdinalSpan[],
  other: readonly OrdinalSpan[],
): OrdinalSpan[] => merge([...one, ...other])

/** What of the spans lies before an ordinal. */
export const spansBefore = (spans: readonly OrdinalSpan[], end: number): OrdinalSpan[] =>
  spans.flatMap(({ from, to }) => (from < end ? [{ from, to: Math.min(to, end - 1) }] : []))

function merge(spans: readonly OrdinalSpan[]): OrdinalSpan[] {
  const merged: OrdinalSpan[] = []
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1)
    if (!last || span.from > last.to + 1) merged.push(span)
    else if (span.to > last.to) merged[merged.length - 1] = { from: last.from, to: span.to }
  }
  return merged
}

export function spansHold(spans: readonly OrdinalSpan[], ordinal: number): boolean {
  let low = 0
  let high = spans.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (spans[middle]!.to < ordinal) low = middle + 1
    else high = middle
  }
  const span = spans[low]
  return span !== undefined && span.from <= ordinal
}
