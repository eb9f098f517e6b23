// What a receipt tells of the files of a deleted set: kinds, sizes and counts, never names.

import type { ReceiptFile } from '../proof/index.js'
import type { StattedFile } from './names-on-disk.js'

/** Sets with more files than this get one line a kind in the receipt. */
const RECEIPT_FILES_MAX = 100

/** Files that have names outside of the set, which the engine cannot know. */
export function otherLinks(owned: readonly StattedFile[]): number {
  const names = new Map<string, number>()
  for (const { stat } of owned) names.set(stat.identity, (names.get(stat.identity) ?? 0) + 1)
  const files = new Map(owned.map(({ stat }) => [stat.identity, stat.links]))
  return [...files].filter(([identity, links]) => links > (names.get(identity) ?? 0)).length
}

export function receiptFiles(owned: readonly StattedFile[]): ReceiptFile[] {
  if (owned.length <= RECEIPT_FILES_MAX) {
    return owned.map(({ kind, stat }) => ({ kind, bytes: stat.bytes }))
  }
  const sums = new Map<string, number>()
  for (const { kind, stat } of owned) sums.set(kind, (sums.get(kind) ?? 0) + stat.bytes)
  return [...sums].map(([kind, bytes]) => ({ kind, bytes }))
}
