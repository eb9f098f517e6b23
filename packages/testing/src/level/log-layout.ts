// Where the records of a log lie: LevelDB writes them in blocks of 32 KiB, cut into fragments of 7 bytes and a payload,
// none of which crosses a block. A reader that meets a bad checksum drops what is left of the block, and goes on at the
// next one; so a flipped bit takes along every record that begins behind it in the block, and no more.

import type { Entry } from './lsm.js'

const BLOCK_BYTES = 32 * 1024
const HEADER_BYTES = 7
/** Sequence (8 bytes) and count (4). */
const BATCH_HEAD_BYTES = 12

/** A piece of a record. Offsets and lengths are bytes, the header included. */
export interface Fragment {
  /** Place of the batch in its log, from 0. */
  readonly batch: number
  readonly block: number
  readonly offset: number
  readonly length: number
}

/** In the order of the file. */
export function layoutOf(batches: readonly (readonly Entry[])[]): Fragment[] {
  const fragments: Fragment[] = []
  let at = 0
  for (const [batch, entries] of batches.entries()) {
    let left = recordBytes(entries)
    do {
      const room = BLOCK_BYTES - (at % BLOCK_BYTES)
      if (room < HEADER_BYTES) at += room
      const payload = Math.min(left, BLOCK_BYTES - (at % BLOCK_BYTES) - HEADER_BYTES)
      const length = HEADER_BYTES + payload
      fragments.push({ batch, block: Math.floor(at / BLOCK_BYTES), offset: at, length })
      at += length
      left -= payload
    } while (left > 0)
  }
  return fragments
}

/** Places of the batches that LevelDB does not give any more once a fragment is damaged; never without its own. */
export function lostWith(fragments: readonly Fragment[], damaged: Fragment): ReadonlySet<number> {
  const lost = new Set([damaged.batch])
  for (const { batch, block } of fragments)
    if (block === damaged.block && batch > damaged.batch) lost.add(batch)
  return lost
}

function recordBytes(entries: readonly Entry[]): number {
  let bytes = BATCH_HEAD_BYTES
  for (const { key, value } of entries) {
    bytes += 1 + varintBytes(key.length) + key.length
    if (value) bytes += varintBytes(value.length) + value.length
  }
  return bytes
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let left = value; left >= 0x80; left = Math.floor(left / 0x80)) bytes += 1
  return bytes
}
