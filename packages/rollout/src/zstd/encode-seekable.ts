// Compresses a rollout in the zstd seekable format: independent frames of about 1 MiB and a seek table, so
// that one page is one frame's work, while `zstd -d` and Codex read it like any .zst.
//
// The library writes neither size nor checksum into a frame, and without a checksum most flipped bits decode
// to something else without an error. Both belong to the frame format, so they are put in here: the header is
// written anew with the two flags, the blocks are kept, the checksum follows them. Every decoder then checks.

import { StoreError } from '@cenotaph/storage'
import type { RolloutSource } from '../source.js'
import { type Codec, nativeCodec } from './codec.js'
import { parseFrameHeader, zstdMagic } from './frame-header.js'
import type { Gate } from './frames-ahead.js'
import { encodeSeekTable, type SeekEntry } from './seek-table.js'
import { xxh64Low32 } from './xxh64.js'

export interface EncodeOptions {
  /** Uncompressed bytes of a frame, 1 KiB to 64 MiB. Default 1 MiB. */
  readonly frameBytes?: number
  readonly signal?: AbortSignal
  /** Runs the work of one frame: whoever shares a thread pool with others decides here when it begins. */
  readonly gate?: Gate
  readonly codec?: Codec
}

/** Frames that are read and not written yet: two that are compressed, on as many threads, and one that is next. */
const FRAMES_IN_HAND = 3

/**
 * Hands the compressed bytes to `write`, in order, one call at a time. Throws ARGUMENT_INVALID for a frame size out
 * of range, and what the signal says once it aborts; no frame is being compressed any more when it throws.
 * The level is 3, zstd's own default: the library takes no other.
 */
export async function encodeSeekable(
  source: RolloutSource,
  write: (bytes: Uint8Array) => Promise<void>,
  options: EncodeOptions = {},
): Promise<{ readonly bytes: number; readonly compressedBytes: number }> {
  const { frameBytes = 1 << 20, signal, gate = (run) => run(), codec = nativeCodec } = options
  if (!Number.isInteger(frameBytes) || frameBytes < 1024 || frameBytes > 64 << 20) {
    throw new StoreError('ARGUMENT_INVALID', 'A frame holds 1 KiB to 64 MiB', {
      detail: { frameBytes },
    })
  }
  const entries: Required<SeekEntry>[] = []
  const inHand: Promise<Frame>[] = []
  let offset = 0
  try {
    // A rollout without a byte still is one frame: a file without any is not a zstd file.
    while (offset < source.size || inHand.length > 0 || entries.length === 0) {
      signal?.throwIfAborted()
      const isLast = offset >= source.size && (offset > 0 || inHand.length > 0)
      if (inHand.length < FRAMES_IN_HAND && !isLast) {
        const content = await source.read(offset, frameBytes)
        offset += content.length
        const frame = gate(() => encodeFrame(content, codec))
        // A failure is reported when the frame's turn comes.
        frame.catch(() => undefined)
        inHand.push(frame)
        continue
      }
      const { stored, entry } = await (inHand.shift() as Promise<Frame>)
      await write(stored)
      entries.push(entry)
    }
  } finally {
    await Promise.allSettled(inHand)
  }
  const table = encodeSeekTable(entries)
  await write(table)
  return {
    bytes: sum(entries.map((entry) => entry.bytes)),
    compressedBytes: sum(entries.map((entry) => entry.compressedBytes)) + table.length,
  }
}

interface Frame {
  readonly stored: Uint8Array
  readonly entry: Required<SeekEntry>
}

async function encodeFrame(content: Uint8Array, codec: Codec): Promise<Frame> {
  const [compressed, checksum] = await Promise.all([codec.compress(content), xxh64Low32(content)])
  const header = parseFrameHeader(Buffer.concat([compressed.subarray(0, 18), Buffer.alloc(12)]))
  if (!header) throw new StoreError('ROLLOUT_ZSTD_DAMAGED', 'The compressor wrote no frame')
  const trailer = Buffer.alloc(4)
  trailer.writeUInt32LE(checksum)
  const stored = Buffer.concat([
    frameHeader(compressed, content.length),
    compressed.subarray(header.headerBytes),
    trailer,
  ])
  return { stored, entry: { compressedBytes: stored.length, bytes: content.length, checksum } }
}

/** The header of `compressed` again, with a 4-byte content size and the checksum flag. */
function frameHeader(compressed: Uint8Array, contentBytes: number): Uint8Array {
  const singleSegment = (compressed[4] ?? 0) & 0x20
  const window = singleSegment ? [] : [compressed[5] ?? 0]
  const header = Buffer.alloc(5 + window.length + 4)
  header.writeUInt32LE(zstdMagic, 0)
  header.writeUInt8(0x80 | singleSegment | 0x04, 4)
  header.set(window, 5)
  header.writeUInt32LE(contentBytes, 5 + window.length)
  return header
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
