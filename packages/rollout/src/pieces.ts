// Cuts a source into pieces at newlines and at runs of zero bytes, forward or backward, in chunks. A zero byte
// never stands inside JSON, so a run of them (space that a crash left unwritten) ends a record like a newline
// does, and is never gathered in memory however long it is. Memory: the longest piece and two chunks.

import { StoreError } from '@cenotaph/storage'
import { type Chunk, chunkBytes, chunksForward, readChunk } from './chunks.js'
import type { RolloutSource } from './source.js'

export interface Piece {
  readonly kind: 'piece'
  readonly offset: number
  /** A view of what the source gave, as far as it lies in one chunk: do not write to it, nor keep it. */
  readonly bytes: Uint8Array
  /** What follows the piece. */
  readonly endedBy: 'newline' | 'zeros' | 'end'
}

export interface ZeroRun {
  readonly kind: 'zeros'
  readonly offset: number
  readonly length: number
}

export interface PieceRange {
  readonly start: number
  readonly end: number
  readonly maxLineBytes: number
  readonly signal?: AbortSignal | undefined
}

export const newline = 0x0a

/**
 * The pieces that are not empty, and the zero runs, in rising order; one list for each chunk, which is cut as it is walked.
 * Whoever asks for the next one has walked all of it.
 */
export async function* piecesForward(
  source: RolloutSource,
  range: PieceRange,
): AsyncGenerator<Iterable<Piece | ZeroRun>> {
  const cutter = new Cutter(range)
  for await (const chunk of chunksForward(source, range)) yield cutter.cut(chunk)
  yield cutter.rest()
}

/** What is not at its end yet when a chunk ends is carried on to the next. */
export class Cutter {
  readonly #range: PieceRange
  #carried: Uint8Array[] = []
  #start: number
  #zerosStart = -1

  constructor(range: PieceRange) {
    this.#range = range
    this.#start = range.start
  }

  *cut({ offset: at, bytes: chunk }: Chunk): Generator<Piece | ZeroRun> {
    const hasZeros = chunk.includes(0)
    for (let from = 0; from < chunk.length; ) {
      if (this.#zerosStart >= 0) {
        from = firstNonZero(chunk, from)
        if (from === chunk.length) return
        const offset = this.#zerosStart
        this.#zerosStart = -1
        this.#start = at + from
        yield { kind: 'zeros', offset, length: at + from - offset }
        continue
      }
      const stop = firstStop(chunk, from, hasZeros)
      checkLength(this.#start, at + stop - this.#start, this.#range.maxLineBytes)
      if (stop === chunk.length) {
        this.#carried.push(chunk.subarray(from))
        return
      }
      const isNewline = chunk[stop] === newline
      const piece = this.#end(chunk.subarray(from, stop), isNewline ? 'newline' : 'zeros')
      this.#start = at + stop + 1
      if (!isNewline) this.#zerosStart = at + stop
      from = stop + (isNewline ? 1 : 0)
      if (piece) yield piece
    }
  }

  *rest(): Generator<Piece | ZeroRun> {
    const { end } = this.#range
    if (this.#zerosStart >= 0) {
      yield { kind: 'zeros', offset: this.#zerosStart, length: end - this.#zerosStart }
      return
    }
    const piece = this.#end(new Uint8Array(0), 'end')
    if (piece) yield piece
  }

  #end(last: Uint8Array, endedBy: Piece['endedBy']): Piece | undefined {
    const carried = this.#carried
    const bytes = carried.length === 0 ? last : joined([...carried, last])
    if (carried.length > 0) this.#carried = []
    return bytes.length > 0 ? { kind: 'piece', offset: this.#start, bytes, endedBy } : undefined
  }
}

/** The same pieces and zero runs in falling order. */
export async function* piecesBackward(
  source: RolloutSource,
  range: PieceRange,
): AsyncGenerator<readonly (Piece | ZeroRun)[]> {
  let carried: Uint8Array[] = []
  let end = range.end
  let endedBy: Piece['endedBy'] = 'end'
  let zerosEnd = -1
  for (let until = range.end; until > range.start; ) {
    range.signal?.throwIfAborted()
    const at = Math.max(range.start, until - chunkBytes)
    const chunk = await readChunk(source, at, until)
    const hasZeros = chunk.includes(0)
    const found: (Piece | ZeroRun)[] = []
    for (let to = chunk.length; to > 0; ) {
      if (zerosEnd >= 0) {
        to = lastNonZeroEnd(chunk, to)
        if (to === 0) break
        found.push({ kind: 'zeros', offset: at + to, length: zerosEnd - at - to })
        zerosEnd = -1
        end = at + to
        endedBy = 'zeros'
        continue
      }
      const stop = lastStop(chunk, to, hasZeros)
      carried.push(chunk.subarray(stop + 1, to))
      if (end - at - stop - 1 > range.maxLineBytes) {
        const offset = stop < 0 ? await lineStart(source, at, range) : at + stop + 1
        checkLength(offset, end - offset, range.maxLineBytes)
      }
      if (stop < 0) break
      pushPiece(found, at + stop + 1, carried.reverse(), endedBy)
      carried = []
      const isNewline = chunk[stop] === newline
      end = at + stop
      endedBy = 'newline'
      if (!isNewline) zerosEnd = at + stop + 1
      to = stop + (isNewline ? 0 : 1)
    }
    yield found
    until = at
  }
  const rest: (Piece | ZeroRun)[] = []
  if (zerosEnd >= 0) {
    rest.push({ kind: 'zeros', offset: range.start, length: zerosEnd - range.start })
  } else {
    pushPiece(rest, range.start, carried.reverse(), endedBy)
  }
  yield rest
}

function pushPiece(
  found: (Piece | ZeroRun)[],
  offset: number,
  parts: readonly Uint8Array[],
  endedBy: Piece['endedBy'],
): void {
  const bytes = parts.length === 1 ? (parts[0] as Uint8Array) : joined(parts)
  if (bytes.length > 0) found.push({ kind: 'piece', offset, bytes, endedBy })
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

function checkLength(offset: number, length: number, limit: number): void {
  if (length <= limit) return
  throw new StoreError('ROLLOUT_LINE_TOO_LONG', 'A line is longer than the limit', {
    detail: { offset, limit },
  })
}

/** Where the line that holds the byte before `at` begins; looked for without gathering it. */
async function lineStart(source: RolloutSource, at: number, range: PieceRange): Promise<number> {
  for (let until = at; until > range.start; ) {
    range.signal?.throwIfAborted()
    const from = Math.max(range.start, until - chunkBytes)
    const chunk = await readChunk(source, from, until)
    const stop = lastStop(chunk, chunk.length, true)
    if (stop >= 0) return from + stop + 1
    until = from
  }
  return range.start
}

function firstStop(chunk: Buffer, from: number, hasZeros: boolean): number {
  const line = orEnd(chunk.indexOf(newline, from), chunk.length)
  if (!hasZeros) return line
  return Math.min(line, orEnd(chunk.subarray(0, line).indexOf(0, from), line))
}

function lastStop(chunk: Buffer, to: number, hasZeros: boolean): number {
  const line = chunk.subarray(0, to).lastIndexOf(newline)
  if (!hasZeros) return line
  const zero = chunk.subarray(line + 1, to).lastIndexOf(0)
  return zero < 0 ? line : line + 1 + zero
}

function firstNonZero(chunk: Uint8Array, from: number): number {
  let at = from
  while (chunk[at] === 0) at += 1
  return at
}

function lastNonZeroEnd(chunk: Uint8Array, to: number): number {
  let at = to
  while (chunk[at - 1] === 0) at -= 1
  return at
}

function orEnd(index: number, end: number): number {
  return index < 0 ? end : index
}
