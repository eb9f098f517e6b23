// What of a table has to be overwritten so that no value is left in it under the keys of some ranges: places in its
// blocks, and the checksum that each block then has. A patch holds numbers only, so it may be written down.

import { maskedCrc32c } from './crc32c.js'
import {
  dataBlocksOf,
  dataEntriesOf,
  type Handle,
  readBlock,
  type TableSource,
  TRAILER_BYTES,
} from './leveldb-table.js'
import { type KeyRange, meetsAny } from './tables.js'

const CHECKSUM_MAX = 0xffffffff

export interface BlockPatch {
  readonly place: Handle
  /** From and to of each value, counted from the begin of the block; the last byte is not included. */
  readonly spans: readonly (readonly [number, number])[]
  /** Of the block with zeros in their place, as LevelDB stores it. */
  readonly checksum: number
}

/**
 * Patches for all values that the table holds in `merged`, but for those under `kept` keys; undefined where something
 * that may hold one is damaged or compressed: then nobody knows what would be overwritten. Reads its index, and the
 * blocks that may hold keys of the ranges.
 */
export async function patchesOf(
  table: TableSource,
  merged: readonly KeyRange[],
  kept: ReadonlySet<string> = new Set(),
): Promise<readonly BlockPatch[] | undefined> {
  const blocks = await dataBlocksOf(table)
  if (!blocks) return undefined
  const patches: BlockPatch[] = []
  let from = ''
  for (const { place, bound } of blocks) {
    const mayHold = meetsAny({ from, to: bound }, merged)
    from = bound
    if (!mayHold) continue
    const block = await readBlock(table, place)
    const entries = block && dataEntriesOf(block)
    if (!entries) return undefined
    const spans = entries.flatMap(({ key, value }): [number, number][] => {
      if (!value || value.length === 0 || kept.has(key)) return []
      if (!meetsAny({ from: key, to: key }, merged)) return []
      const at = value.byteOffset - block.byteOffset
      return [[at, at + value.length]]
    })
    if (spans.length > 0) patches.push({ place, spans, checksum: checksumWith(block, spans) })
  }
  return patches
}

/** Patches as a record has them. @throws where a part is missing, or lies outside of its block */
export function patchesFrom(record: unknown): readonly BlockPatch[] {
  if (!Array.isArray(record)) throw new TypeError('no list of patches')
  return record.map(patchFrom)
}

function patchFrom(record: { readonly [member in keyof BlockPatch]?: unknown }): BlockPatch {
  const { place, spans, checksum } = record
  const { offset, bytes } = place as { offset: unknown; bytes: unknown }
  if (!isCount(offset) || !isCount(bytes) || !isCount(checksum) || !Array.isArray(spans))
    throw new TypeError('no patch')
  if (spans.length === 0 || checksum > CHECKSUM_MAX) throw new TypeError('no patch')
  const inside = spans.map((span: unknown): [number, number] => {
    const [from, to] = span as [unknown, unknown]
    if (!isCount(from) || !isCount(to) || from >= to || to > bytes) throw new TypeError('no span')
    return [from, to]
  })
  return { place: { offset, bytes }, spans: inside, checksum }
}

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0

/** Bytes that the patches overwrite. */
export function patchedBytes(patches: readonly BlockPatch[]): number {
  let bytes = 0
  for (const { spans } of patches) for (const [from, to] of spans) bytes += to - from
  return bytes
}

/**
 * The block and its trailer with the patch in place, from how they are now; undefined where that is not the block that
 * the patch was made for.
 */
export function patched(
  block: Uint8Array,
  { place, spans, checksum }: BlockPatch,
): Uint8Array | undefined {
  if (block.length !== place.bytes + TRAILER_BYTES) return undefined
  const after = Buffer.from(block)
  for (const [from, to] of spans) after.fill(0, from, to)
  if (maskedCrc32c(after.subarray(0, place.bytes + 1)) !== checksum) return undefined
  after.writeUInt32LE(checksum, place.bytes + 1)
  return after
}

function checksumWith(block: Uint8Array, spans: BlockPatch['spans']): number {
  const after = Buffer.from(block.subarray(0, block.length - TRAILER_BYTES + 1))
  for (const [from, to] of spans) after.fill(0, from, to)
  return maskedCrc32c(after)
}
