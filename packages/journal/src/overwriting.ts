// Overwriting inside of LevelDB's tables, and how that survives. A block has a checksum behind it, and the write of both
// may be torn by a kill or a power loss: the block would then look damaged, and a store with a damaged table is not
// opened. So what is about to be written is recorded first, durably, in a file beside the tables: places and checksums,
// no text. Whoever opens the folder next finishes what the record says, and the check that comes before reads a torn
// block as it is going to be.
//
// A record may be left although all of it is done, or although its table is gone; to apply it again changes nothing.
// A block that would not have the recorded checksum is not the one that was meant, and is left alone.

import path from 'node:path'
import {
  type Disk,
  type DiskFile,
  readWhole,
  replaceWhole,
  type StoreError,
} from '@cenotaph/storage'
import { TRAILER_BYTES } from './leveldb-table.js'
import { type BlockPatch, patched, patchesFrom } from './table-patches.js'
import { tableName } from './tables.js'

const RECORD_NAME = 'overwriting.json'

export interface InPlace {
  readonly disk: Disk
  /**
   * Ends all further work on the database; gives the error to throw. For a table that could not be synced: the kernel may
   * have dropped what it could not write, and what is read from then on is not what is on the disk.
   */
  fail(cause: unknown): StoreError
}

/** Patches by the number of their table. */
export type TablePatches = ReadonlyMap<number, readonly BlockPatch[]>

/** Durable when it resolves. A table that is gone meanwhile is passed over: LevelDB has put another in its place. */
export async function overwriteBlocks(
  inPlace: InPlace,
  folder: string,
  patches: TablePatches,
): Promise<void> {
  const { disk } = inPlace
  const record = path.join(folder, RECORD_NAME)
  await replaceWhole(disk, record, Buffer.from(JSON.stringify([...patches])))
  await apply(inPlace, folder, patches)
  await disk.unlink(record)
}

/** Does what a record that was left says. For whoever has the database open. */
export async function finishOverwriting(inPlace: InPlace, folder: string): Promise<void> {
  const { disk } = inPlace
  const patches = await readOverwriting(disk, folder)
  if (patches.size > 0) await apply(inPlace, folder, patches)
  for (const name of [RECORD_NAME, `${RECORD_NAME}.tmp`]) await disk.unlink(path.join(folder, name))
}

/** What was under way. A record that is not whole says nothing: without it a torn block is damage. */
export async function readOverwriting(disk: Disk, folder: string): Promise<TablePatches> {
  const bytes = await readWhole(disk, path.join(folder, RECORD_NAME))
  if (!bytes) return new Map()
  try {
    return new Map(tablesFrom(JSON.parse(Buffer.from(bytes).toString())))
  } catch {
    return new Map()
  }
}

/** @throws where it is no list of tables and patches */
function tablesFrom(record: unknown): [number, readonly BlockPatch[]][] {
  if (!Array.isArray(record)) throw new TypeError('no list of tables')
  return record.map((entry: unknown) => {
    if (!Array.isArray(entry) || !Number.isSafeInteger(entry[0])) throw new TypeError('no table')
    return [entry[0], patchesFrom(entry[1])]
  })
}

/** The bytes of a table as they are once the patches are in place. */
export function tableAfter(table: Uint8Array, patches: readonly BlockPatch[]): Uint8Array {
  const after = Buffer.from(table)
  for (const patch of patches) {
    const { offset, bytes } = patch.place
    const block = patched(after.subarray(offset, offset + bytes + TRAILER_BYTES), patch)
    if (block) after.set(block, offset)
  }
  return after
}

async function apply(
  { disk, fail }: InPlace,
  folder: string,
  patches: TablePatches,
): Promise<void> {
  for (const [number, blocks] of patches) {
    const file = await disk.openWrite(path.join(folder, tableName(number)))
    if (!file) continue
    try {
      const size = await file.size()
      // A record of another table may ask for more bytes than there are.
      const inside = blocks.filter(
        ({ place }) => place.offset + place.bytes + TRAILER_BYTES <= size,
      )
      for (const patch of inside) await applyTo(file, patch)
      await file.sync().catch((cause: unknown) => {
        throw fail(cause)
      })
    } finally {
      await file.close()
    }
  }
}

async function applyTo(file: DiskFile, patch: BlockPatch): Promise<void> {
  const { offset, bytes } = patch.place
  const block = await file.read(offset, bytes + TRAILER_BYTES)
  const after = patched(block, patch)
  // Also where it looks done: a sync that failed leaves in memory what the disk does not have.
  if (!after) return
  // What lies between the values is the same as before, so that a torn write does not harm it.
  const from = patch.spans[0]![0]
  await file.write(offset + from, after.subarray(from))
}
