// The seek table of the zstd seekable format: a skippable frame at the end of the file that lists the frames.
// (facebook/zstd, contrib/seekable_format/zstd_seekable_compression_format.md)
//
//   u32 0x184D2A5E, u32 bytes that follow
//   for each frame: u32 compressed bytes, u32 uncompressed bytes, [u32 low half of the content's XXH64]
//   u32 number of frames, u8 descriptor (bit 7: checksums), u32 0x8F92EAB1
//
// It is a hint that has to prove itself: a table whose frames do not fill the file exactly, or that has empty
// ones, is no table, and the file is walked.

import type { ReadAt } from './byte-window.js'

const skippableMagic = 0x184d2a5e
const seekableMagic = 0x8f92eab1
const footerBytes = 9
/** Larger tables (a million frames and more) are not loaded; the file is walked instead. */
const tableBytesMax = 16 * 1024 ** 2

export interface SeekEntry {
  readonly compressedBytes: number
  readonly bytes: number
  readonly checksum?: number | undefined
}

/** The bytes of a table; every entry must have a checksum. */
export function encodeSeekTable(entries: readonly Required<SeekEntry>[]): Uint8Array {
  const content = entries.length * 12 + footerBytes
  const table = Buffer.alloc(8 + content)
  table.writeUInt32LE(skippableMagic, 0)
  table.writeUInt32LE(content, 4)
  let at = 8
  for (const entry of entries) {
    for (const word of [entry.compressedBytes, entry.bytes, entry.checksum ?? 0]) {
      at = table.writeUInt32LE(word, at)
    }
  }
  at = table.writeUInt32LE(entries.length, at)
  at = table.writeUInt8(0x80, at)
  table.writeUInt32LE(seekableMagic, at)
  return table
}

/** The table at the end of a file of `fileBytes`; undefined when there is none that fits the file. */
export async function readSeekTable(
  readAt: ReadAt,
  fileBytes: number,
): Promise<readonly SeekEntry[] | undefined> {
  if (fileBytes < 8 + footerBytes) return undefined
  const footer = viewOf(await readAt(fileBytes - footerBytes, footerBytes))
  const frames = footer.getUint32(0, true)
  const descriptor = footer.getUint8(4)
  if (footer.getUint32(5, true) !== seekableMagic || (descriptor & 0x7c) !== 0) return undefined
  const checksums = (descriptor & 0x80) !== 0
  const entryBytes = checksums ? 12 : 8
  const tableBytes = 8 + frames * entryBytes + footerBytes
  if (tableBytes > Math.min(fileBytes, tableBytesMax)) return undefined
  const table = viewOf(await readAt(fileBytes - tableBytes, tableBytes))
  if (table.getUint32(0, true) !== skippableMagic) return undefined
  if (table.getUint32(4, true) !== tableBytes - 8) return undefined
  const entries: SeekEntry[] = []
  let compressedTotal = tableBytes
  for (let at = 8; at < tableBytes - footerBytes; at += entryBytes) {
    const compressedBytes = table.getUint32(at, true)
    const bytes = table.getUint32(at + 4, true)
    const checksum = checksums ? table.getUint32(at + 8, true) : undefined
    entries.push({ compressedBytes, bytes, checksum })
    // Nobody would ever decode a frame that is said to be empty, and so notice that it is not.
    if (bytes === 0) return undefined
    compressedTotal += compressedBytes
  }
  return compressedTotal === fileBytes ? entries : undefined
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
