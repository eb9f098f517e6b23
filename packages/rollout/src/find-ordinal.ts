// Finds a line by its ordinal without reading what lies before it.

import { chunkBytes } from './chunks.js'
import type { Ordinal } from './ids.js'
import type { RolloutLine } from './line.js'
import { newline } from './pieces.js'
import { type ReadOptions, rangeOf } from './read-options.js'
import { readForward } from './reader.js'
import type { RolloutSource } from './source.js'

export interface OrdinalPlace {
  readonly offset: number
  readonly ordinal: Ordinal
}

/**
 * The first line whose ordinal is `target` or more; undefined when there is none. In a rollout whose lines
 * have rising ordinals (some may repeat or be missing) it takes one read of 64 KiB for each halving of the
 * bytes. A rollout without ordinals, one that can only be read from the start, and one whose order is seen to
 * be broken on the way are scanned. `onDamage` hears only of what was passed.
 */
export async function findOrdinal(
  source: RolloutSource,
  target: number,
  options: ReadOptions = {},
): Promise<OrdinalPlace | undefined> {
  const first = await firstLine(source, options)
  if (!first) return undefined
  if (first.ordinal >= target) return placeOf(first)
  const from =
    first.explicitOrdinal && !source.sequential
      ? await narrow(source, target, first, options)
      : first
  return scan(source, target, { ...options, fromOffset: from.offset, firstOrdinal: from.ordinal })
}

/** A line below the target with at most a chunk or one line between it and the first that is not. */
async function narrow(
  source: RolloutSource,
  target: number,
  first: RolloutLine,
  options: ReadOptions,
): Promise<RolloutLine> {
  let low = first
  let high = Math.min(options.endOffset ?? source.size, source.size)
  let highOrdinal = Number.POSITIVE_INFINITY
  while (high - low.offset > chunkBytes) {
    const middle = low.offset + Math.floor((high - low.offset) / 2)
    const start = await nextLineStart(source, middle, { ...options, endOffset: high })
    const line = await firstLine(source, { ...options, fromOffset: start, endOffset: high })
    if (!line) {
      high = middle
    } else if (!line.explicitOrdinal || line.ordinal < low.ordinal || line.ordinal > highOrdinal) {
      return first
    } else if (line.ordinal < target) {
      low = line
    } else {
      high = middle
      highOrdinal = line.ordinal
    }
  }
  return low
}

async function scan(
  source: RolloutSource,
  target: number,
  options: ReadOptions,
): Promise<OrdinalPlace | undefined> {
  for await (const line of readForward(source, options)) {
    if (line.ordinal >= target) return placeOf(line)
  }
  return undefined
}

async function firstLine(
  source: RolloutSource,
  options: ReadOptions,
): Promise<RolloutLine | undefined> {
  for await (const line of readForward(source, options)) return line
  return undefined
}

/** The offset behind the first newline at or after `offset`; the end when there is none. */
async function nextLineStart(
  source: RolloutSource,
  offset: number,
  options: ReadOptions,
): Promise<number> {
  const range = rangeOf(source, { ...options, fromOffset: offset })
  for (let at = offset; at < range.end; ) {
    range.signal?.throwIfAborted()
    const chunk = await source.read(at, Math.min(chunkBytes, range.end - at))
    const index = chunk.indexOf(newline)
    if (index >= 0) return at + index + 1
    at += Math.max(1, chunk.length)
  }
  return range.end
}

function placeOf(line: RolloutLine): OrdinalPlace {
  return { offset: line.offset, ordinal: line.ordinal }
}
