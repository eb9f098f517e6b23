// Reads a source from front to back, a chunk at a time. A reader that takes a second chunk is taken to go on: from then
// on the next one is read while the caller works on the one at hand, and chunks grow. Whoever wants one line pays for one
// small read. Memory: two chunks.

import { StoreError } from '@cenotaph/storage'
import type { RolloutSource } from './source.js'

/** Of the first chunk; what a page is likely to need. */
export const chunkBytes = 64 * 1024
/** Work on one is a turn of the event loop that others can wait for. */
const chunkBytesMax = 256 * 1024

export interface Chunk {
  readonly offset: number
  /** Perhaps shared: do not write to them. */
  readonly bytes: Buffer
}

export interface ChunkRange {
  readonly start: number
  readonly end: number
  readonly signal?: AbortSignal | undefined
}

/** The chunks of a range in rising order. @throws ROLLOUT_SHORT, and what the signal says once it aborts */
export async function* chunksForward(
  source: RolloutSource,
  { start, end, signal }: ChunkRange,
): AsyncGenerator<Chunk> {
  let length = chunkBytes
  let ahead: Promise<Buffer> | undefined
  try {
    for (let at = start; at < end; ) {
      signal?.throwIfAborted()
      const bytes = await (ahead ?? readChunk(source, at, Math.min(endOf(at, length), end)))
      const next = at + bytes.length
      length = Math.min(2 * length, chunkBytesMax)
      ahead =
        at > start && next < end
          ? readChunk(source, next, Math.min(endOf(next, length), end))
          : undefined
      // What it meets is told when its turn comes.
      ahead?.catch(() => undefined)
      yield { offset: at, bytes }
      at = next
    }
  } finally {
    // Nothing is under way when the source is closed.
    await ahead?.catch(() => undefined)
  }
}

/** Chunks end at multiples of their length, so that none lies across two frames of a compressed rollout. */
const endOf = (at: number, length: number): number => (Math.floor(at / length) + 1) * length

/** All of [start, end). */
export async function readChunk(
  source: RolloutSource,
  start: number,
  end: number,
): Promise<Buffer> {
  const bytes = await source.read(start, end - start)
  if (bytes.length < end - start) {
    throw new StoreError('ROLLOUT_SHORT', 'The rollout is shorter than its size said', {
      detail: { offset: start, expectedBytes: end - start, foundBytes: bytes.length },
    })
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
