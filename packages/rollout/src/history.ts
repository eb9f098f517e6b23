// Reads the segments of a lineage as one rollout.

import type { Damage } from './damage.js'
import { findOrdinal } from './find-ordinal.js'
import type { RolloutId } from './ids.js'
import type { RolloutLine } from './line.js'
import type { Segment } from './lineage.js'
import { compareOrdinals, ownLine } from './ordinals.js'
import { forwardByChunk, readBackward, readForward } from './reader.js'

export interface HistoryLine extends RolloutLine {
  /** The rollout that holds the line. */
  readonly rolloutId: RolloutId
}

export interface HistoryChunk {
  readonly rolloutId: RolloutId
  readonly lines: Iterable<RolloutLine>
}

export interface HistoryOptions {
  readonly fromOrdinal?: number
  /** Exclusive. */
  readonly toOrdinal?: number
  readonly signal?: AbortSignal
  readonly maxLineBytes?: number
  readonly onDamage?: (damage: Damage & { readonly rolloutId: RolloutId }) => void
}

export interface History {
  /** The root first. */
  readonly segments: readonly Segment[]
  forward(options?: HistoryOptions): AsyncGenerator<HistoryLine>
  /** The same lines, for who reads many; see {@link forwardByChunk}. */
  forwardByChunk(options?: HistoryOptions): AsyncGenerator<HistoryChunk>
  /** The same lines in falling order. */
  backward(options?: HistoryOptions): AsyncGenerator<HistoryLine>
  /** Where the segment's part of its rollout ends: uncompressed bytes, exclusive. */
  endByteOffset(segmentIndex: number): Promise<number>
  close(): Promise<void>
}

/** The part of one segment that a read covers. */
interface Part {
  readonly segment: Segment
  readonly start: { readonly offset: number; readonly ordinal: number }
  readonly end: { readonly offset: number; readonly nextOrdinal: number | undefined }
}

export class LineageHistory implements History {
  readonly segments: readonly Segment[]
  readonly #ends = new Map<number, Promise<Part['end']>>()

  constructor(segments: readonly Segment[]) {
    this.segments = segments
  }

  async *forward(options: HistoryOptions = {}): AsyncGenerator<HistoryLine> {
    for await (const { rolloutId, lines } of this.forwardByChunk(options))
      for (const line of lines) yield { ...ownLine(line), rolloutId }
  }

  async *forwardByChunk(options: HistoryOptions = {}): AsyncGenerator<HistoryChunk> {
    const joints = new Joints(options)
    for (const index of this.segments.keys()) {
      const part = await this.#part(index, options)
      if (!part) continue
      const { rolloutId, source } = part.segment
      for await (const lines of forwardByChunk(source, readOptions(part, options)))
        yield {
          rolloutId,
          lines: this.segments.length > 1 ? joints.watch(lines, rolloutId) : lines,
        }
    }
  }

  async *backward(options: HistoryOptions = {}): AsyncGenerator<HistoryLine> {
    let later: HistoryLine | undefined
    for (const index of [...this.segments.keys()].reverse()) {
      const part = await this.#part(index, options)
      if (!part) continue
      const { rolloutId, source } = part.segment
      const { nextOrdinal } = part.end
      const lines = readBackward(source, {
        ...readOptions(part, options),
        ...(nextOrdinal === undefined ? {} : { nextOrdinal }),
      })
      for await (const line of lines) {
        const one = { ...line, rolloutId }
        if (later && later.rolloutId !== rolloutId) compare(one, later, options)
        later = one
        yield one
      }
    }
  }

  async endByteOffset(segmentIndex: number): Promise<number> {
    return (await this.#end(segmentIndex)).offset
  }

  async close(): Promise<void> {
    await Promise.all(this.segments.map((segment) => segment.source.close()))
  }

  async #part(index: number, options: HistoryOptions): Promise<Part | undefined> {
    const { fromOrdinal = 0, toOrdinal = Number.POSITIVE_INFINITY } = options
    const segment = this.segments[index]
    if (!segment || segment.endOrdinal <= fromOrdinal || segment.firstOrdinal >= toOrdinal) {
      return undefined
    }
    const end =
      toOrdinal < segment.endOrdinal ? await place(segment, toOrdinal) : await this.#end(index)
    if (fromOrdinal <= segment.firstOrdinal) {
      return { segment, start: { offset: 0, ordinal: segment.firstOrdinal }, end }
    }
    const from = await findOrdinal(segment.source, fromOrdinal, {
      firstOrdinal: segment.firstOrdinal,
      endOffset: end.offset,
      nextOrdinal: end.nextOrdinal,
    })
    return from && { segment, start: from, end }
  }

  #end(index: number): Promise<Part['end']> {
    const known = this.#ends.get(index)
    if (known) return known
    const end = endOf(this.segments[index] as Segment)
    // A read that failed may succeed the next time.
    end.catch(() => this.#ends.delete(index))
    this.#ends.set(index, end)
    return end
  }
}

async function endOf(segment: Segment): Promise<Part['end']> {
  const { source, endOrdinal, endHint, nextOrdinal } = segment
  if (endOrdinal === Number.POSITIVE_INFINITY) return { offset: source.size, nextOrdinal }
  if (endHint !== undefined && (await isEnd(segment, endHint))) {
    return { offset: endHint, nextOrdinal: endOrdinal }
  }
  return place(segment, endOrdinal)
}

/** Where the first line of `target` or more begins. */
async function place(segment: Segment, target: number): Promise<Part['end']> {
  const { source, firstOrdinal, nextOrdinal } = segment
  const found = await findOrdinal(source, target, { firstOrdinal, nextOrdinal })
  return found
    ? { offset: found.offset, nextOrdinal: found.ordinal }
    : { offset: source.size, nextOrdinal }
}

/** Whether the line before `hint` is the last of the part, ends there, and the next one is beyond it. */
async function isEnd(segment: Segment, hint: number): Promise<boolean> {
  const { source, endOrdinal, explicitOrdinals } = segment
  if (!explicitOrdinals || source.sequential || hint > source.size || hint === 0) return false
  for await (const line of readBackward(source, { endOffset: hint })) {
    const isLast = line.explicitOrdinal && line.ordinal === endOrdinal - 1
    if (!isLast || line.offset + line.length !== hint) return false
    break
  }
  for await (const line of readForward(source, { fromOffset: hint })) {
    return line.explicitOrdinal && line.ordinal >= endOrdinal
  }
  return true
}

function readOptions(part: Part, options: HistoryOptions) {
  const { rolloutId } = part.segment
  const { signal, maxLineBytes, onDamage } = options
  return {
    fromOffset: part.start.offset,
    firstOrdinal: part.start.ordinal,
    endOffset: part.end.offset,
    ...(signal && { signal }),
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
    ...(onDamage && { onDamage: (damage: Damage) => onDamage({ ...damage, rolloutId }) }),
  }
}

/** Where the lines of one segment follow those of another. */
class Joints {
  readonly #options: HistoryOptions
  #previous: HistoryLine | undefined

  constructor(options: HistoryOptions) {
    this.#options = options
  }

  *watch(lines: Iterable<RolloutLine>, rolloutId: RolloutId): Generator<RolloutLine> {
    for (const line of lines) {
      const previous = this.#previous
      const one = { ...line, rolloutId }
      if (previous && previous.rolloutId !== rolloutId) compare(previous, one, this.#options)
      this.#previous = one
      yield line
    }
  }
}

/** Reports a gap between the end of one segment and the start of the next. */
function compare(previous: HistoryLine, line: HistoryLine, options: HistoryOptions): void {
  compareOrdinals(previous, line, (damage) => {
    options.onDamage?.({ ...damage, rolloutId: line.rolloutId })
  })
}
