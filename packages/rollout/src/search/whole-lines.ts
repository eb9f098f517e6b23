// The bytes of a range, in pieces that hold whole lines: nothing that is looked for in a line lies across two of them.
// Memory: the longest line, and two chunks. A run of zero bytes, however long, is no line and is not gathered.

import { StoreError } from '@cenotaph/storage'
import { type Chunk, chunksForward } from '../chunks.js'
import { newline, type PieceRange } from '../pieces.js'
import type { RolloutSource } from '../source.js'

/** @throws ROLLOUT_LINE_TOO_LONG for a line that lies across chunks, ROLLOUT_SHORT, and what the signal says once it aborts */
export async function* wholeLines(source: RolloutSource, range: PieceRange): AsyncGenerator<Chunk> {
  let carried: Buffer[] = []
  let carriedBytes = 0
  let start = range.start
  const carry = (offset: number, bytes: Buffer): void => {
    if (carriedBytes === 0) start = offset
    if (bytes.length > 0) carried.push(bytes)
    carriedBytes += bytes.length
    if (carriedBytes <= range.maxLineBytes) return
    throw new StoreError('ROLLOUT_LINE_TOO_LONG', 'A line is longer than the limit', {
      detail: { offset: start, limit: range.maxLineBytes },
    })
  }
  for await (const { offset, bytes } of chunksForward(source, range)) {
    // Where there is no newline, zeros may end a line as well.
    const last = lastOf(bytes, newline) || lastOf(bytes, 0)
    let from = 0
    if (last > 0 && carriedBytes > 0) {
      from = bytes.indexOf(newline) + 1 || last
      carry(offset, bytes.subarray(0, from))
      yield { offset: start, bytes: Buffer.concat(carried) }
      carried = []
      carriedBytes = 0
    }
    if (last > from) yield { offset: offset + from, bytes: bytes.subarray(from, last) }
    carry(offset + last, bytes.subarray(last))
  }
  if (carriedBytes > 0) yield { offset: start, bytes: Buffer.concat(carried) }
}

/** Where the part that ends with the last such byte ends; 0 where there is none. */
const lastOf = (bytes: Buffer, byte: number): number => bytes.lastIndexOf(byte) + 1
