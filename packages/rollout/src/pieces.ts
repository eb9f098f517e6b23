// Cuts a source into pieces at newlines and at runs of zero bytes, forward or backward, in chunks. A zero byte
// never stands inside JSON, so a run of them (space that a crash left unwritten) ends a record like a newline
// does, and is never gathered in memory however long it is. Memory: the longest piece and one chunk.

import { StoreError } from '@cenotaph/storage'
import type { RolloutSource } from './source.js'

export interface Piece {
  readonly kind: 'piece'
  readonly offset: number
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
export const chunkBytes = 64 * 1024

/** The pieces that are not empty, and the zero runs, in rising order; one array for each chunk. */
export async function* piecesForward(
  source: RolloutSource,
  range: PieceRange,
): AsyncGenerator<readonly (Piece | ZeroRun)[]> {
  let carried: Uint8Array[] = []
  let start = range.start
  let zerosStart = -1
  for (let at = range.start; at < range.end; ) {
    range.signal?.throwIfAborted()
    const chunk = await readChunk(source, at, Math.min(at + chunkBytes, range.end))
    const hasZeros = chunk.includes(0)
    const found: (Piece | ZeroRun)[] = []
    for (let from = 0; from < chunk.length; ) {
      if (zerosStart >= 0) {
        from = firstNonZero(chunk, from)
        if (from === chunk.length) break
        found.push({ kind: 'zeros', offset: zerosStart, length: at + from - zerosStart })
        zerosStart = -1
        start = at + from
        continue
      }
      const stop = firstStop(chunk, from, hasZeros)
      checkLength(start, at + stop - start, range.maxLineBytes)
      carried.push(chunk.subarray(from, stop))
      if (stop === chunk.length) break
      const isNewline = chunk[stop] === newline
      pushPiece(found, start, carried, isNewline ? 'newline' : 'zeros')
      carried = []
      start = at + stop + 1
      if (!isNewline) zerosStart = at + stop
      from = stop + (isNewline ? 1 : 0)
    }
    // What is carried on would keep a whole chunk alive, and a source may use its buffer again.
    carried = carried.map(copyOf)
    yield found
    at += chunk.length
  }
  const rest: (Piece | ZeroRun)[] = []
  if (zerosStart >= 0) {
    rest.push({ kind: 'zeros', offset: zerosStart, length: range.end - zerosStart })
  } else {
    pushPiece(rest, start, carried, 'end')
  }
  yield rest
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
    carried = carried.map(copyOf)
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

async function readChunk(source: RolloutSource, start: number, end: number): Promise<Buffer> {
  const bytes = await source.read(start, end - start)
  if (bytes.length < end - start) {
    throw new StoreError('ROLLOUT_SHORT', 'The rollout is shorter than its size said', {
      detail: { offset: start, expectedBytes: end - start, foundBytes: bytes.length },
    })
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function pushPiece(
  found: (Piece | ZeroRun)[],
  offset: number,
  parts: readonly Uint8Array[],
  endedBy: Piece['endedBy'],
): void {
  // A copy: the piece belongs to whoever gets it, the chunk to the source.
  const bytes = parts.length === 1 ? copyOf(parts[0] as Uint8Array) : joined(parts)
  if (bytes.length > 0) found.push({ kind: 'piece', offset, bytes, endedBy })
}

/** Not `slice`: a Buffer's slice is a view. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
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
