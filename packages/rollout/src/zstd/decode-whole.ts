// Decodes frames at once, on the thread pool. The native decoder has no limit of its own, so the frames'
// blocks are counted first: only what cannot exceed the limit, whatever the blocks hold, gets to it.

import { ByteWindow } from './byte-window.js'
import type { Codec } from './codec.js'
import type { FrameRange } from './frame-stream.js'
import { walk } from './walk.js'
import { xxh64Low32 } from './xxh64.js'
import { damaged } from './zstd-error.js'

export interface WholeExpectation {
  /** Uncompressed bytes, where known. */
  readonly bytes?: number | undefined
  /** Low 32 bits of the content's XXH64, where a seek table says them. */
  readonly checksum?: number | undefined
}

export interface WholeOptions {
  /** Of the content: what could be more is not decoded. */
  readonly maxBytes: number
  readonly codec: Codec
}

/**
 * The content of the frames in `stored`; undefined when it could be more than `maxBytes`. Throws
 * ROLLOUT_ZSTD_DAMAGED when it does not decode, or not to what was expected.
 */
export async function decodeWhole(
  stored: Uint8Array,
  range: FrameRange,
  expected: WholeExpectation,
  { maxBytes, codec }: WholeOptions,
): Promise<Uint8Array | undefined> {
  const { path, compressedOffset } = range
  const shape = await shapeOf(stored, range)
  if (shape.contentBytesMax > maxBytes) return undefined
  const content = await codec.decompress(stored).catch((cause: unknown) => {
    throw damaged(path, compressedOffset, 'a frame does not decode', cause)
  })
  if (expected.bytes !== undefined && content.length !== expected.bytes) {
    throw damaged(path, compressedOffset, 'a frame has not the size that it names')
  }
  if (expected.checksum === undefined) return content
  // The decoder has compared the frame's own checksum, where it has one, so an equal one needs no second look.
  const found = shape.frames === 1 && shape.checksum ? shape.checksum : await xxh64Low32(content)
  if (found !== expected.checksum)
    throw damaged(path, compressedOffset, 'a checksum does not match')
  return content
}

interface Shape {
  readonly frames: number
  readonly contentBytesMax: number
  readonly checksum: number | undefined
}

async function shapeOf(stored: Uint8Array, { path }: FrameRange): Promise<Shape> {
  const window = new ByteWindow(
    async (offset, length) => stored.subarray(offset, offset + length),
    stored.length,
  )
  let frames = 0
  let contentBytesMax = 0
  let hasChecksum = false
  let checksum: number | undefined
  for await (const step of walk(window, 0, stored.length, path)) {
    if (step.kind === 'frame') {
      frames += 1
      hasChecksum = step.header.checksum
    }
    if (step.kind !== 'block') continue
    contentBytesMax += step.header.contentBytesMax
    if (step.header.last && hasChecksum) {
      checksum = Buffer.from(await window.read(step.offset, step.length)).readUInt32LE(
        step.length - 4,
      )
    }
  }
  return { frames, contentBytesMax, checksum }
}
