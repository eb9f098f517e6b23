// LevelDB's log format, which .log and MANIFEST files have: blocks of 32 KiB; in them fragments of a
// 7-byte header (masked CRC-32C over type and payload, 4 bytes; payload length, 2 bytes; type, 1 byte)
// and the payload. A record is one FULL fragment, or FIRST, any number of MIDDLE, LAST. A fragment never
// crosses a block; up to 6 zero bytes fill a block's end. (LevelDB doc/log_format.md.)
//
// A plain byte search misses a value that a header splits. These readers see it whole, and they survive
// any damage: what is not part of a sound record is handed out as raw bytes.

import { maskedCrc32c } from './crc32c.js'

export const BLOCK_BYTES = 32 * 1024
export const HEADER_BYTES = 7
const BLOCKS_A_READ = 32

export const FragmentType = { full: 1, first: 2, middle: 3, last: 4 } as const

export interface LogSource {
  /** Bytes. */
  readonly size: number
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/** A run of a block: a sound fragment, zeros that fill it up, or bytes that are neither. */
export interface LogPart {
  readonly kind: 'fragment' | 'fill' | 'bad'
  /** 0 except for a fragment. */
  readonly type: number
  /** Byte offset in the file. */
  readonly offset: number
  /** Payload of a fragment; else the bytes themselves. */
  readonly bytes: Uint8Array
}

/**
 * The payload of every record, with fragments joined, in file order; and between them, as pieces of their
 * own, every run of bytes that belongs to no complete record. Memory: the longest record and 1 MiB.
 */
export async function* readLogRecords(source: LogSource): AsyncGenerator<Uint8Array> {
  let open: Uint8Array[] = []
  for await (const part of readLogParts(source)) {
    if (part.kind === 'fill') continue
    const continues = part.type === FragmentType.middle || part.type === FragmentType.last
    if (!continues && open.length > 0) {
      yield Buffer.concat(open)
      open = []
    }
    if (part.type === FragmentType.first || part.type === FragmentType.middle) open.push(part.bytes)
    else if (part.type === FragmentType.last) {
      yield Buffer.concat([...open, part.bytes])
      open = []
    } else yield part.bytes
  }
  if (open.length > 0) yield Buffer.concat(open)
}

/** Every byte of the file, in order, as fragments, fill and bad runs. */
export async function* readLogParts(source: LogSource): AsyncGenerator<LogPart> {
  for (let offset = 0; offset < source.size; ) {
    // No more than there is: a reader may make room for all that is asked for.
    const chunk = await source.read(
      offset,
      Math.min(BLOCK_BYTES * BLOCKS_A_READ, source.size - offset),
    )
    if (chunk.length === 0) return
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES)
      yield* partsOfBlock(chunk.subarray(at, at + BLOCK_BYTES), offset + at)
    offset += chunk.length
  }
}

function* partsOfBlock(block: Uint8Array, offset: number): Generator<LogPart> {
  let at = 0
  while (at < block.length) {
    const fragment = fragmentAt(block, at, offset)
    if (fragment) {
      yield fragment
      at += HEADER_BYTES + fragment.bytes.length
      continue
    }
    // A damaged length hides where the next fragment starts, so every offset is tried.
    let next = at + 1
    while (next < block.length && !fragmentAt(block, next, offset)) next++
    const bytes = block.subarray(at, next)
    const kind = bytes.every((byte) => byte === 0) ? 'fill' : 'bad'
    yield { kind, type: 0, offset: offset + at, bytes }
    at = next
  }
}

function fragmentAt(block: Uint8Array, at: number, blockOffset: number): LogPart | undefined {
  if (at + HEADER_BYTES > block.length) return undefined
  const type = block[at + 6]!
  if (type < FragmentType.full || type > FragmentType.last) return undefined
  const end = at + HEADER_BYTES + (block[at + 4]! | (block[at + 5]! << 8))
  if (end > block.length) return undefined
  const header = new DataView(block.buffer, block.byteOffset + at, HEADER_BYTES)
  // The checksum covers the type byte, the last one of the header, and the payload behind it.
  if (header.getUint32(0, true) !== maskedCrc32c(block.subarray(at + 6, end))) return undefined
  const bytes = block.subarray(at + HEADER_BYTES, end)
  return { kind: 'fragment', type, offset: blockOffset + at, bytes }
}
