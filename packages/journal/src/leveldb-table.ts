// LevelDB's table format, which .ldb files have: blocks, each followed by a type byte and a masked CRC-32C over block
// and type; an index block that names the data blocks, a metaindex block that names a filter block; a footer of 48
// bytes with the places of both and a magic number. A block is entries whose keys share prefixes, then restart
// points. (LevelDB doc/table_format.md, table/format.h.)
//
// LevelDB itself does not look at these checksums: it returns what a flipped bit made of a value, takes a key for
// absent, and a compaction over keys that are out of order ends the process.

import { maskedCrc32c } from './crc32c.js'

const FOOTER_BYTES = 48
export const TRAILER_BYTES = 5
const INTERNAL_BYTES = 8
const magic = Buffer.from('57fb808b247547db', 'hex')

/** A table of which pieces are read. */
export interface TableSource {
  readonly size: number
  read(offset: number, length: number): Promise<Uint8Array>
}

export interface TableEntry {
  readonly key: string
  /** Position in the order of all writes of the database. */
  readonly sequence: bigint
  /** undefined for a deletion, and for a value that was overwritten (overwrite.ts). */
  readonly value: Uint8Array | undefined
}

/** Where a block is: its trailer, a type byte and a checksum, comes behind it. */
export interface Handle {
  readonly offset: number
  readonly bytes: number
}

/** Whether every block of a table has its checksum. */
export function isSoundTable(table: Uint8Array): boolean {
  const footer = footerOf(table)
  const index = footer && blockAt(table, footer.index)
  const metaindex = footer && blockAt(table, footer.metaindex)
  if (!index || !metaindex) return false
  return [index, metaindex].every((block) =>
    entriesOf(block).every(({ value }) => {
      const handle = handleOf(value)
      return handle !== undefined && blockAt(table, handle) !== undefined
    }),
  )
}

/** Whether a block may hold what is looked for: its keys are above `from`, or equal, and not above `to`. */
export type BlockFilter = (from: string, to: string, block: Uint8Array) => boolean

/**
 * Every entry that can be read, damaged ones included: whoever salvages has a checksum of his own in each value. None
 * where the footer is damaged. `wanted` is asked as the blocks come, and not at all where the index is damaged.
 */
export function* readableEntries(table: Uint8Array, wanted?: BlockFilter): Generator<TableEntry> {
  const footer = footerOf(table)
  const index = footer && bytesOf(table, footer.index)
  const filter = footer && blockAt(table, footer.index) ? wanted : undefined
  let from = ''
  for (const { key: bound, value: place } of index ? entriesOf(index) : []) {
    const handle = handleOf(place)
    const block = handle && bytesOf(table, handle)
    const to = filter ? userKeyOf(bound) : ''
    const isSkipped = block && filter?.(from, to, block) === false
    from = to
    if (isSkipped) continue
    for (const { key, value } of block ? entriesOf(block) : []) {
      const entry = entryOf(key, value)
      if (entry) yield entry
    }
  }
}

/** A block of entries: its keys are above the bound of the block before it, and none is above its own. */
export interface DataBlock {
  readonly place: Handle
  readonly bound: string
}

/** The data blocks of a table, in order; undefined where its footer or its index is damaged. */
export async function dataBlocksOf(table: TableSource): Promise<readonly DataBlock[] | undefined> {
  const footer = footerOf(await table.read(Math.max(0, table.size - FOOTER_BYTES), FOOTER_BYTES))
  const index = footer && (await readBlock(table, footer.index))
  if (!index) return undefined
  const blocks: DataBlock[] = []
  for (const { key, value } of entriesOf(index.subarray(0, -TRAILER_BYTES))) {
    const place = handleOf(value)
    if (!place) return undefined
    blocks.push({ place, bound: userKeyOf(key) })
  }
  return blocks
}

/** A block with its trailer; undefined where its checksum differs, and where it would not be in the table. */
export async function readBlock(
  table: TableSource,
  { offset, bytes }: Handle,
): Promise<Uint8Array | undefined> {
  // A footer has no checksum. A damaged place may ask for more bytes than a process has.
  if (offset + bytes + TRAILER_BYTES > table.size) return undefined
  const block = await table.read(offset, bytes + TRAILER_BYTES)
  return blockAt(block, { offset: 0, bytes }) && block
}

/** The entries of a data block, from the block with its trailer; undefined where it is compressed. */
export function dataEntriesOf(block: Uint8Array): readonly TableEntry[] | undefined {
  if (block[block.length - TRAILER_BYTES] !== 0) return undefined
  const entries = entriesOf(block.subarray(0, -TRAILER_BYTES))
  return entries.flatMap(({ key, value }) => entryOf(key, value) ?? [])
}

const userKeyOf = (internal: Buffer): string =>
  internal.toString('utf8', 0, Math.max(0, internal.length - INTERNAL_BYTES))

/** The 8 bytes behind a key: its type (0 for a deletion) and 56 bits of sequence. */
function entryOf(internal: Buffer, value: Uint8Array): TableEntry | undefined {
  const end = internal.length - INTERNAL_BYTES
  if (end < 0) return undefined
  const tail = internal.readBigUInt64LE(end)
  const isDeletion = (tail & 255n) === 0n
  return {
    key: userKeyOf(internal),
    sequence: tail >> 8n,
    value: isDeletion || isOverwritten(value) ? undefined : value,
  }
}

/** A stored value ends with a checksum, so zeros alone are what an erasure has left of one. */
const isOverwritten = (value: Uint8Array): boolean =>
  value.length > 0 && value.every((byte) => byte === 0)

function footerOf(table: Uint8Array): { metaindex: Handle; index: Handle } | undefined {
  if (table.length < FOOTER_BYTES) return undefined
  const footer = table.subarray(table.length - FOOTER_BYTES)
  if (!magic.equals(footer.subarray(FOOTER_BYTES - magic.length))) return undefined
  const read = varintsOf(footer)
  const [a, b, c, d] = [read(), read(), read(), read()]
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined
  return { metaindex: { offset: a, bytes: b }, index: { offset: c, bytes: d } }
}

function handleOf(value: Uint8Array): Handle | undefined {
  const read = varintsOf(value)
  const [offset, bytes] = [read(), read()]
  return offset === undefined || bytes === undefined ? undefined : { offset, bytes }
}

/** The bytes of a block, without its trailer; undefined where they are not in the file. */
function bytesOf(table: Uint8Array, { offset, bytes }: Handle): Uint8Array | undefined {
  const end = offset + bytes
  return end + TRAILER_BYTES > table.length ? undefined : table.subarray(offset, end)
}

/** As `bytesOf`, and undefined where the checksum differs. */
function blockAt(table: Uint8Array, handle: Handle): Uint8Array | undefined {
  const block = bytesOf(table, handle)
  if (!block) return undefined
  const end = handle.offset + handle.bytes
  const stored = Buffer.from(table.buffer, table.byteOffset + end + 1, 4).readUInt32LE(0)
  return stored === maskedCrc32c(table.subarray(handle.offset, end + 1)) ? block : undefined
}

/** The entries of a block, as far as they can be read. */
function entriesOf(block: Uint8Array): { key: Buffer; value: Uint8Array }[] {
  if (block.length < 4) return []
  const view = Buffer.from(block.buffer, block.byteOffset, block.length)
  const end = block.length - 4 - 4 * view.readUInt32LE(block.length - 4)
  const entries: { key: Buffer; value: Uint8Array }[] = []
  const read = varintsOf(block)
  let key = Buffer.alloc(0)
  while (read.at() < end) {
    const [shared, own, length] = [read(), read(), read()]
    if (shared === undefined || own === undefined || length === undefined) break
    const start = read.at()
    if (shared > key.length || start + own + length > end) break
    key = Buffer.concat([key.subarray(0, shared), block.subarray(start, start + own)])
    entries.push({ key, value: block.subarray(start + own, start + own + length) })
    read.skip(own + length)
  }
  return entries
}

interface Varints {
  (): number | undefined
  at(): number
  skip(bytes: number): void
}

/** Reads one varint after another; undefined at the end and for what is none. */
export function varintsOf(bytes: Uint8Array): Varints {
  let at = 0
  const read = (): number | undefined => {
    let value = 0
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * factor
      if (!Number.isSafeInteger(value)) return undefined
      if (byte < 128) return value
    }
    return undefined
  }
  return Object.assign(read, {
    at: () => at,
    skip: (count: number) => {
      at += count
    },
  })
}
