// `--ordinals 3,7-9`: numbers and ranges of lines, both ends included.

import type { OrdinalRange } from '@cenotaph/core'
import { UsageError } from '../usage-error.js'

/** @throws UsageError */
export function ordinalRanges(text: string): readonly OrdinalRange[] {
  return text.split(',').map((part) => {
    const match = /^\s*(\d{1,15})(?:-(\d{1,15}))?\s*$/.exec(part)
    const [from, to] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])]
    if (match && from <= to) return { from, to }
    throw new UsageError(
      `expected ordinals such as 3 or 3,7-9, and got ${JSON.stringify(part.trim())}`,
    )
  })
}
