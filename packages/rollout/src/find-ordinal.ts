// Finds a line by its ordinal without reading what lies before it. Lines are of all lengths and their ordinals rise by
// one, so where a line lies is guessed from those that are known, and two or three guesses are enough; halving in between
// bounds what a rollout of odd lines costs. Of a line that is guessed only the beginning is read.

import { chunkBytes } from './chunks.js'
import type { Ordinal } from './ids.js'
import { newline } from './pieces.js'
import { type ReadOptions, rangeOf } from './read-options.js'
import { readForward } from './reader.js'
import type { RolloutSource } from './source.js'

export interface OrdinalPlace {
  readonly offset: number
  readonly ordinal: Ordinal
}

export interface FindOptions extends ReadOptions {
  /** The ordinal behind the last line, where known. A hint for the first guess. */
  readonly nextOrdinal?: number | undefined
}

/**
 * The first line whose ordinal is `target` or more; undefined when there is none. In a rollout whose lines
 * have rising ordinals (some may repeat or be missing) it takes a few small reads, and at worst some for each halving of
 * the bytes. A rollout without ordinals, one that can only be read from the start, and one whose order is seen to
 * be broken on the way are scanned. `onDamage` hears only of what was passed.
 */
export async function findOrdinal(
  source: RolloutSource,
  target: number,
  options: FindOptions = {},
): Promise<OrdinalPlace | undefined> {
  const first = await lineAt(source, options.fromOffset ?? 0, options)
  if (!first) return undefined
  const from =
    first.ordinal < target && first.explicitOrdinal && !source.sequential
      ? await narrow(source, target, first, options)
      : first
  for await (const line of readForward(source, {
    ...options,
    fromOffset: from.offset,
    firstOrdinal: from.ordinal,
  }))
    if (line.ordinal >= target) return placeOf(line)
  return undefined
}

interface Line extends OrdinalPlace {
  readonly explicitOrdinal: boolean
}

/** How far beside its guess a look is taken, so that two of them have the line between them. */
const BESIDE_BYTES = chunkBytes / 3
/** Looks to both sides, twice, and then one in the middle. */
const LOOKS = [-BESIDE_BYTES, BESIDE_BYTES, -BESIDE_BYTES, BESIDE_BYTES, undefined]

/** A line below the target with at most a chunk or one line between it and the first that is not. */
async function narrow(
  source: RolloutSource,
  target: number,
  first: Line,
  options: FindOptions,
): Promise<Line> {
  let low = first
  let high = Math.min(options.endOffset ?? source.size, source.size)
  let highOrdinal = Number.POSITIVE_INFINITY
  let guessable = options.nextOrdinal
  for (let look = 0; high - low.offset > chunkBytes; look += 1) {
    options.signal?.throwIfAborted()
    const between = { low, high, highOrdinal: guessable }
    const at = guess(target, between, LOOKS[look % LOOKS.length])
    const line = await lineBehind(source, at, { ...options, endOffset: high })
    if (!line) {
      high = at
    } else if (!line.explicitOrdinal || line.ordinal < low.ordinal || line.ordinal > highOrdinal) {
      return first
    } else if (line.ordinal < target) {
      low = line
    } else {
      high = at
      highOrdinal = line.ordinal
      guessable = line.ordinal
    }
  }
  return low
}

/** An offset above that of `low` and below `high`. */
function guess(
  target: number,
  between: {
    readonly low: OrdinalPlace
    readonly high: number
    readonly highOrdinal: number | undefined
  },
  beside: number | undefined,
): number {
  const { low, high, highOrdinal } = between
  const bytes = high - low.offset
  const middle = low.offset + Math.floor(bytes / 2)
  if (beside === undefined || highOrdinal === undefined || highOrdinal < target) return middle
  const part = (target - low.ordinal) / Math.max(1, highOrdinal - low.ordinal)
  const at = Math.floor(low.offset + part * bytes + beside)
  return Math.max(low.offset + 1, Math.min(at, high - 1))
}

/** The first line that begins behind `offset` and before the end of the range. */
async function lineBehind(
  source: RolloutSource,
  offset: number,
  options: ReadOptions,
): Promise<Line | undefined> {
  const { end, signal } = rangeOf(source, options)
  let length = LOOK_BYTES
  for (let at = offset; at < end; ) {
    signal?.throwIfAborted()
    const chunk = await source.read(at, length)
    const index = chunk.indexOf(newline)
    const start = at + index + 1
    if (index >= 0) {
      if (start >= end) return undefined
      return headOf(chunk.subarray(index + 1), start) ?? lineAt(source, start, options)
    }
    at += Math.max(1, chunk.length)
    length = Math.min(4 * length, chunkBytes)
  }
  return undefined
}

/** Bytes of a look: nearly always there is a newline in them, and the beginning of a line behind it. */
const LOOK_BYTES = 8 * 1024
const HEAD_BYTES = 128
const head = /^\{"timestamp":"[^"\\]*","ordinal":(\d{1,15}),/

/** What the beginning of a line says, where it is as writers write it. */
function headOf(bytes: Uint8Array, offset: number): Line | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, HEAD_BYTES))
  const digits = head.exec(text.toString('latin1'))?.[1]
  if (digits === undefined) return undefined
  return { offset, ordinal: Number(digits) as Ordinal, explicitOrdinal: true }
}

/** The first line from `offset` on, which must be the start of one. */
async function lineAt(
  source: RolloutSource,
  offset: number,
  options: ReadOptions,
): Promise<Line | undefined> {
  const { end } = rangeOf(source, options)
  if (offset >= end) return undefined
  const known = headOf(await source.read(offset, HEAD_BYTES), offset)
  if (known) return known
  for await (const line of readForward(source, { ...options, fromOffset: offset })) return line
  return undefined
}

const placeOf = ({ offset, ordinal }: OrdinalPlace): OrdinalPlace => ({ offset, ordinal })
