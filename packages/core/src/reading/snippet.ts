// A piece of a text around the place that was looked for, on one line.

import type { TextPlace } from '@cenotaph/rollout'

export interface Snippet {
  readonly snippet: string
  /** Where in it the text stands: UTF-16 units. */
  readonly match: TextPlace
}

const BEFORE = 40
const BEHIND = 80
const cut = '…'

export function snippetOf(text: string, { start, end }: TextPlace): Snippet {
  const from = between(text, Math.max(0, start - BEFORE))
  const to = between(text, Math.min(text.length, end + BEHIND))
  const before = (from > 0 ? cut : '') + oneLine(text.slice(from, start)).trimStart()
  const match = oneLine(text.slice(start, end))
  const behind = oneLine(text.slice(end, to)).trimEnd() + (to < text.length ? cut : '')
  return {
    snippet: before + match + behind,
    match: { start: before.length, end: before.length + match.length },
  }
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ')

/** The same place, or the one before it where it lies inside of a character. */
const between = (text: string, at: number): number =>
  /[\ud800-\udbff]/.test(text[at - 1] ?? '') && /[\udc00-\udfff]/.test(text[at] ?? '') ? at - 1 : at
