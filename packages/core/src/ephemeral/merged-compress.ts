// A compression of threads of both halves of a store: those in memory are told, and nothing is done with them.
// A selection describes what is on disk; nothing in memory has a compressed form.

import type { ThreadId } from '@cenotaph/rollout'
import type { CompressResult } from '../compression/compress-threads.js'

type Compress = (ids: readonly ThreadId[]) => Promise<CompressResult>

export async function compressInBoth(
  ids: readonly ThreadId[],
  isInMemory: (id: ThreadId) => boolean,
  { onDisk, inMemory }: { readonly onDisk: Compress; readonly inMemory: Compress },
): Promise<CompressResult> {
  const inside = ids.filter(isInMemory)
  const outside = ids.filter((id) => !isInMemory(id))
  const parts: CompressResult[] = []
  if (outside.length > 0) parts.push(await onDisk(outside))
  if (inside.length > 0) parts.push(await inMemory(inside))
  return {
    compressed: parts.flatMap((part) => part.compressed),
    skipped: parts.flatMap((part) => part.skipped),
  }
}
