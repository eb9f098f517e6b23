// Decodes frames block by block with the streaming decoder, for those too large to decode at once. Memory is
// the frame's window and one block. It is fed single blocks, since one push of the decoder runs as far as its
// input goes, and a few kilobytes can go very far.
//
// The decoder reads offsets of at most 25 bits correctly, so windows above 32 MiB are refused rather than
// decoded to something else. It checks no checksum; this does.

import type { Decompress } from 'fzstd'
import { ByteWindow, type ReadAt } from './byte-window.js'
import type { FrameHeader } from './frame-header.js'
import { walk } from './walk.js'
import { beginXxh64, type Xxh64 } from './xxh64.js'
import { bomb, damaged } from './zstd-error.js'

const streamWindowBytesMax = 32 * 1024 ** 2

export interface FrameRange {
  readonly path: string
  readonly compressedOffset: number
  readonly compressedBytes: number
}

/**
 * The decoded content of the frames in a range, in pieces of at most 128 KiB. Throws ROLLOUT_ZSTD_DAMAGED,
 * and ROLLOUT_ZSTD_BOMB for a window above 32 MiB or `windowBytesMax`.
 */
export async function* streamFrames(
  readAt: ReadAt,
  range: FrameRange,
  windowBytesMax: number,
): AsyncGenerator<Uint8Array> {
  const { path, compressedOffset } = range
  const window = new ByteWindow(readAt, 256 * 1024)
  const end = compressedOffset + range.compressedBytes
  let frame: FrameDecoder | undefined
  for await (const step of walk(window, compressedOffset, end, path)) {
    if (step.kind === 'skippable') continue
    if (step.kind === 'frame') {
      const limit = Math.min(windowBytesMax, streamWindowBytesMax)
      if (step.header.windowBytes > limit) {
        throw bomb(path, { windowBytes: step.header.windowBytes, limit })
      }
      const head = await window.read(step.offset, step.header.headerBytes)
      const { offset, header } = step
      const checksum = header.checksum ? await beginXxh64() : undefined
      const { Decompress } = await import('fzstd')
      frame = new FrameDecoder({ path, offset, header, checksum, decoder: new Decompress() }, head)
      continue
    }
    if (!frame) continue
    const stored = await window.read(step.offset, step.length)
    const content = frame.decode(stored, step.header.last)
    if (content.length > 0) yield content
  }
}

interface FrameParts {
  readonly path: string
  readonly offset: number
  readonly header: FrameHeader
  /** Where the frame has one to compare with. */
  readonly checksum: Xxh64 | undefined
  readonly decoder: Decompress
}

class FrameDecoder {
  readonly #path: string
  readonly #offset: number
  readonly #header: FrameHeader
  readonly #checksum: Xxh64 | undefined
  readonly #decoder: Decompress
  #decoded: Uint8Array[] = []
  #contentBytes = 0

  constructor({ path, offset, header, checksum, decoder }: FrameParts, head: Uint8Array) {
    this.#path = path
    this.#offset = offset
    this.#header = header
    this.#checksum = checksum
    this.#decoder = decoder
    decoder.ondata = (bytes) => {
      this.#decoded.push(bytes)
    }
    decoder.push(new Uint8Array(head))
  }

  /** The content of one stored block, its header included and, for the last one, the frame's checksum. */
  decode(stored: Uint8Array, last: boolean): Uint8Array {
    this.#decoded = []
    try {
      // The decoder may keep what it is given until it has enough, so it gets bytes of its own.
      this.#decoder.push(new Uint8Array(stored), last)
    } catch (cause) {
      throw damaged(this.#path, this.#offset, 'a block does not decode', cause)
    }
    const content = joined(this.#decoded)
    this.#contentBytes += content.length
    this.#checksum?.update(content)
    this.#check(stored, last)
    return content
  }

  #check(stored: Uint8Array, last: boolean): void {
    const { contentBytes = last ? this.#contentBytes : Number.POSITIVE_INFINITY } = this.#header
    const wrongSize = last ? this.#contentBytes !== contentBytes : this.#contentBytes > contentBytes
    if (wrongSize) throw damaged(this.#path, this.#offset, 'a frame has not the size that it names')
    if (!last || !this.#checksum) return
    const view = new DataView(stored.buffer, stored.byteOffset, stored.byteLength)
    if (view.getUint32(stored.length - 4, true) !== this.#checksum.digestLow32()) {
      throw damaged(this.#path, this.#offset, 'a checksum does not match')
    }
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return pieces.length === 1 ? (pieces[0] as Uint8Array) : Buffer.concat(pieces)
}
