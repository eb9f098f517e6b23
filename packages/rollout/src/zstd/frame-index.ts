// Where in a compressed rollout which uncompressed bytes lie. A seek table says it; a file without one is
// walked by its headers, which say it too unless a writer streamed without knowing the size. Only such frames
// are decoded once, to be measured. Small neighbours share an entry, so the index stays small whatever the
// number of frames.

import { ByteWindow, type ReadAt } from './byte-window.js'
import type { Codec } from './codec.js'
import { decodeWhole } from './decode-whole.js'
import { type FrameRange, streamFrames } from './frame-stream.js'
import { checkExpansion, type SourceLimits } from './limits.js'
import { readSeekTable } from './seek-table.js'
import { walk } from './walk.js'
import { damaged } from './zstd-error.js'

export interface FrameGroup extends FrameRange {
  /** Where its content begins, in uncompressed bytes. */
  readonly offset: number
  readonly bytes: number
  /** Low 32 bits of the content's XXH64, where a seek table says them. */
  readonly checksum?: number | undefined
}

const groupBytesMax = 1 << 20

/** With which bounds frames are decoded, and by what. */
export interface FrameRules {
  readonly limits: Required<SourceLimits>
  readonly codec: Codec
}

/** The groups of a file in their order. Throws ROLLOUT_ZSTD_DAMAGED and ROLLOUT_ZSTD_BOMB. */
export async function readFrameIndex(
  readAt: ReadAt,
  fileBytes: number,
  path: string,
  rules: FrameRules,
): Promise<readonly FrameGroup[]> {
  const table = await readSeekTable(readAt, fileBytes)
  const groups: FrameGroup[] = []
  let compressedOffset = 0
  let offset = 0
  const add = (entry: {
    compressedBytes: number
    bytes: number
    checksum?: number | undefined
  }) => {
    const { compressedBytes, bytes, checksum } = entry
    const last = groups.at(-1)
    if (last && mayShare(last, entry)) {
      groups[groups.length - 1] = {
        ...last,
        compressedBytes: last.compressedBytes + compressedBytes,
        bytes: last.bytes + bytes,
      }
    } else {
      groups.push({ path, compressedOffset, compressedBytes, offset, bytes, checksum })
    }
    compressedOffset += compressedBytes
    offset += bytes
    checkExpansion(path, offset, fileBytes, rules.limits)
  }
  if (table) for (const entry of table) add(entry)
  else for await (const entry of walkFrames(readAt, fileBytes, path, rules)) add(entry)
  if (groups.length === 0) throw damaged(path, 0, 'it holds no frame')
  return groups
}

function mayShare(
  group: FrameGroup,
  entry: { compressedBytes: number; bytes: number; checksum?: number | undefined },
): boolean {
  return (
    group.checksum === undefined &&
    entry.checksum === undefined &&
    group.compressedBytes + entry.compressedBytes <= groupBytesMax &&
    group.bytes + entry.bytes <= groupBytesMax
  )
}

interface WalkedFrame {
  readonly compressedBytes: number
  readonly bytes: number
}

/** Each frame with its size; a skippable frame is one without content. */
async function* walkFrames(
  readAt: ReadAt,
  fileBytes: number,
  path: string,
  rules: FrameRules,
): AsyncGenerator<WalkedFrame> {
  const window = new ByteWindow(readAt, 4096)
  let frameOffset = 0
  let declared: number | undefined
  for await (const step of walk(window, 0, fileBytes, path)) {
    if (step.kind === 'skippable') {
      yield { compressedBytes: step.length, bytes: 0 }
    } else if (step.kind === 'frame') {
      frameOffset = step.offset
      declared = step.header.contentBytes
    } else if (step.header.last) {
      const compressedBytes = step.offset + step.length - frameOffset
      const range = { path, compressedOffset: frameOffset, compressedBytes }
      // A frame that is said to be empty is measured too, since no read would ever decode it.
      yield { compressedBytes, bytes: declared || (await measure(readAt, range, rules)) }
    }
  }
}

/** Uncompressed bytes of one frame, found by decoding it. */
async function measure(
  readAt: ReadAt,
  range: FrameRange,
  { limits, codec }: FrameRules,
): Promise<number> {
  if (range.compressedBytes <= limits.maxFrameBytes) {
    const stored = await readAt(range.compressedOffset, range.compressedBytes)
    const content = await decodeWhole(stored, range, {}, { maxBytes: limits.maxFrameBytes, codec })
    if (content) return content.length
  }
  let bytes = 0
  for await (const piece of streamFrames(readAt, range, limits.maxFrameBytes)) {
    bytes += piece.length
    checkExpansion(range.path, bytes, range.compressedBytes, limits)
  }
  return bytes
}
