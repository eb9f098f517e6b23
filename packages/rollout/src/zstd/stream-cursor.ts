// Reads from frames that are too large to hold, by streaming. Reading on costs only what is read; reading
// back starts over, but then keeps a long stretch before the place it was asked for, so that a reader who
// walks backward starts over once a stretch and not once a read.

import type { ReadAt } from './byte-window.js'
import type { FrameGroup } from './frame-index.js'
import { streamFrames } from './frame-stream.js'
import { damaged } from './zstd-error.js'

/** Bytes that are kept behind a place that was reached by reading on. */
const behindBytes = 1 << 20

export class StreamCursor {
  readonly #readAt: ReadAt
  readonly #group: FrameGroup
  readonly #maxFrameBytes: number
  #pieces: AsyncGenerator<Uint8Array> | undefined
  #held: Uint8Array[] = []
  #heldStart = 0
  #heldEnd = 0

  constructor(readAt: ReadAt, group: FrameGroup, maxFrameBytes: number) {
    this.#readAt = readAt
    this.#group = group
    this.#maxFrameBytes = maxFrameBytes
  }

  get group(): FrameGroup {
    return this.#group
  }

  /** The bytes [start, end) of the group's content. */
  async read(start: number, end: number): Promise<Uint8Array> {
    const result = new Uint8Array(end - start)
    if (!this.#pieces || start < this.#heldStart) await this.#startOver()
    // A jump forward is held like a jump back: what comes next may be a reader walking backward from here.
    const jumps = start > this.#heldEnd
    const behind = jumps ? Math.min(this.#maxFrameBytes, 32 << 20) : behindBytes
    let at = this.#copy(start, end, result)
    try {
      while (at < end) {
        await this.#advance(at - behind)
        at = this.#copy(at, end, result, start)
      }
    } catch (error) {
      await this.close()
      throw error
    }
    return result
  }

  async close(): Promise<void> {
    const pieces = this.#pieces
    this.#pieces = undefined
    this.#held = []
    await pieces?.return(undefined)
  }

  async #startOver(): Promise<void> {
    await this.close()
    this.#heldStart = 0
    this.#heldEnd = 0
    this.#pieces = streamFrames(this.#readAt, this.#group, this.#maxFrameBytes)
  }

  async #advance(keepFrom: number): Promise<void> {
    const next = await this.#pieces?.next()
    const { path, compressedOffset, bytes } = this.#group
    if (!next || next.done || this.#heldEnd + next.value.length > bytes) {
      throw damaged(path, compressedOffset, 'a frame has not the size that it names')
    }
    this.#held.push(next.value)
    this.#heldEnd += next.value.length
    for (;;) {
      const first = this.#held[0]
      if (!first || this.#heldStart + first.length > keepFrom) return
      this.#held.shift()
      this.#heldStart += first.length
    }
  }

  /** Copies what is held of [at, end) to its place in `result`, which begins at `base`. Where it got to. */
  #copy(at: number, end: number, result: Uint8Array, base = at): number {
    let pieceStart = this.#heldStart
    let reached = at
    for (const piece of this.#held) {
      const pieceEnd = pieceStart + piece.length
      if (reached < end && reached >= pieceStart && reached < pieceEnd) {
        const part = piece.subarray(reached - pieceStart, Math.min(end, pieceEnd) - pieceStart)
        result.set(part, reached - base)
        reached += part.length
      }
      pieceStart = pieceEnd
    }
    return reached
  }
}
