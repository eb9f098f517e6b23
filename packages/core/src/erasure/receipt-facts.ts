// What a receipt tells of the files of a deleted set: kinds, sizes and counts, never names. Files are asked one after the
// other and forgotten again, so that memory does not follow their number.

import type { StoreContext } from '../context.js'
import { forEachOf } from '../for-each-of.js'
import type { ReceiptFile } from '../proof/index.js'
import { AT_ONCE_MAX, type OwnedFile } from './names-on-disk.js'

/** Sets with more files than this get one line a kind in the receipt. */
const RECEIPT_FILES_MAX = 100

export interface ReceiptFacts {
  readonly files: readonly ReceiptFile[]
  readonly fileCount: number
  /** Files that have names outside of the set, which the engine cannot know. */
  readonly hardLinks: number
}

/** Of those files that have an owner. */
export async function receiptFacts(
  context: StoreContext,
  names: readonly OwnedFile[],
): Promise<ReceiptFacts> {
  const first: ReceiptFile[] = []
  const sums = new Map<string, number>()
  const linked = new Map<string, { readonly links: number; names: number }>()
  let fileCount = 0
  await forEachOf(names, AT_ONCE_MAX, async ({ path, kind, owner }) => {
    const stat = owner === undefined ? undefined : await context.disk.stat(path)
    if (!stat) return
    fileCount += 1
    if (fileCount <= RECEIPT_FILES_MAX) first.push({ kind, bytes: stat.bytes })
    sums.set(kind, (sums.get(kind) ?? 0) + stat.bytes)
    if (stat.links === 1) return
    const known = linked.get(stat.identity)
    if (known) known.names += 1
    else linked.set(stat.identity, { links: stat.links, names: 1 })
  })
  return {
    files:
      fileCount <= RECEIPT_FILES_MAX ? first : [...sums].map(([kind, bytes]) => ({ kind, bytes })),
    fileCount,
    hardLinks: [...linked.values()].filter(({ links, names }) => links > names).length,
  }
}
