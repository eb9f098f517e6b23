// Walks the frames and blocks of a zstd file by their headers alone, without decompressing. Everything that
// is cut off, unknown or not allowed is ROLLOUT_ZSTD_DAMAGED: there is no byte of a sound file that this does
// not account for. Memory is one window of bytes.

import type { ByteWindow } from './byte-window.js'
import {
  type BlockHeader,
  blockHeaderBytes,
  type FrameHeader,
  frameHeaderBytesMax,
  parseBlockHeader,
  parseFrameHeader,
  skippableFrameBytes,
} from './frame-header.js'
import { damaged } from './zstd-error.js'

export type WalkStep =
  | { readonly kind: 'skippable'; readonly offset: number; readonly length: number }
  | { readonly kind: 'frame'; readonly offset: number; readonly header: FrameHeader }
  /** `offset` and `length` include the block's header; of the last block, also the frame's checksum. */
  | {
      readonly kind: 'block'
      readonly offset: number
      readonly length: number
      readonly header: BlockHeader
    }

/** The steps of [start, end), which must hold whole frames. `path` is for errors. */
export async function* walk(
  window: ByteWindow,
  start: number,
  end: number,
  path: string,
): AsyncGenerator<WalkStep> {
  let at = start
  while (at < end) {
    const head = await window.read(at, Math.min(frameHeaderBytesMax, end - at))
    const skippable = skippableFrameBytes(head)
    if (skippable !== undefined) {
      if (at + skippable > end) throw damaged(path, at, 'a skippable frame is cut off')
      yield { kind: 'skippable', offset: at, length: skippable }
      at += skippable
      continue
    }
    const header = parseFrameHeader(head)
    if (!header) throw damaged(path, at, 'no frame begins here')
    if (header.dictionaryId !== 0) throw damaged(path, at, 'it needs a dictionary')
    yield { kind: 'frame', offset: at, header }
    at += header.headerBytes
    let last = false
    while (!last) {
      const block = parseBlockHeader(
        await window.read(at, Math.min(blockHeaderBytes, end - at)),
        header,
      )
      if (!block) throw damaged(path, at, 'no block begins here')
      last = block.last
      const length = blockHeaderBytes + block.storedBytes + (last && header.checksum ? 4 : 0)
      if (at + length > end) throw damaged(path, at, 'a block is cut off')
      yield { kind: 'block', offset: at, length, header: block }
      at += length
    }
  }
}
