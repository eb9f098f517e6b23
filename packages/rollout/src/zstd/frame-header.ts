// The parts of a zstd file that can be read without decompressing: RFC 8878, sections 3.1.1 and 3.1.2.

export const zstdMagic = 0xfd2fb528
/** Headers are 6 to 18 bytes; 18 are enough to read any. */
export const frameHeaderBytesMax = 18
const blockBytesMax = 128 * 1024

export interface FrameHeader {
  readonly headerBytes: number
  /** Memory that a decoder has to keep of its output. */
  readonly windowBytes: number
  /** Uncompressed bytes, where the header says them. Not to be trusted until decoded. */
  readonly contentBytes: number | undefined
  readonly dictionaryId: number
  readonly checksum: boolean
  /** Uncompressed bytes that a block may have at most. */
  readonly blockBytesMax: number
}

/** The header at the start of `bytes`; undefined when they are none or too few. Magic number included. */
export function parseFrameHeader(bytes: Uint8Array): FrameHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 6 || view.getUint32(0, true) !== zstdMagic) return undefined
  const descriptor = view.getUint8(4)
  if (descriptor & 0x08) return undefined
  const singleSegment = (descriptor & 0x20) !== 0
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] as number
  const sizeFlag = descriptor >> 6
  const sizeBytes = sizeFlag === 0 ? (singleSegment ? 1 : 0) : 1 << sizeFlag
  const dictionaryAt = singleSegment ? 5 : 6
  const sizeAt = dictionaryAt + dictionaryBytes
  const headerBytes = sizeAt + sizeBytes
  if (bytes.length < headerBytes) return undefined
  const size = littleEndian(bytes, sizeAt, sizeBytes) + (sizeBytes === 2 ? 256 : 0)
  const contentBytes = sizeBytes === 0 ? undefined : size
  const windowBytes = singleSegment ? size : windowOf(view.getUint8(5))
  return {
    headerBytes,
    windowBytes,
    contentBytes,
    dictionaryId: littleEndian(bytes, dictionaryAt, dictionaryBytes),
    checksum: (descriptor & 0x04) !== 0,
    blockBytesMax: Math.min(blockBytesMax, windowBytes),
  }
}

/** Bytes of a skippable frame, its 8-byte header included; undefined when `bytes` begin none. */
export function skippableFrameBytes(bytes: Uint8Array): number | undefined {
  if (bytes.length < 8) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isSkippable = (view.getUint32(0, true) & 0xfffffff0) >>> 0 === 0x184d2a50
  return isSkippable ? 8 + view.getUint32(4, true) : undefined
}

export interface BlockHeader {
  readonly last: boolean
  readonly type: 'raw' | 'repeat' | 'compressed'
  /** Bytes of the block behind its 3-byte header. */
  readonly storedBytes: number
  /** Uncompressed bytes: exact for raw and repeat, an upper bound for compressed. */
  readonly contentBytesMax: number
}

export const blockHeaderBytes = 3

/** The block header at the start of `bytes`; undefined when it breaks a rule of the format. */
export function parseBlockHeader(bytes: Uint8Array, frame: FrameHeader): BlockHeader | undefined {
  if (bytes.length < blockHeaderBytes) return undefined
  const word = littleEndian(bytes, 0, blockHeaderBytes)
  const type = (['raw', 'repeat', 'compressed'] as const)[(word >> 1) & 3]
  const size = word >> 3
  if (!type || size > frame.blockBytesMax) return undefined
  return {
    last: (word & 1) !== 0,
    type,
    storedBytes: type === 'repeat' ? 1 : size,
    contentBytesMax: type === 'compressed' ? frame.blockBytesMax : size,
  }
}

function windowOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3))
  return base + (base / 8) * (descriptor & 7)
}

function littleEndian(bytes: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let index = length - 1; index >= 0; index -= 1)
    value = value * 256 + (bytes[at + index] ?? 0)
  return value
}
