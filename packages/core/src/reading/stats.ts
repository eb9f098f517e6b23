// How much room a store takes, and what takes it. Reads rows and asks the disk for the sizes of files; opens none.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { listQuarantine } from '../erasure/quarantine.js'
import { describedThreads } from '../erasure/thread-selection.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { pathsOf } from './open-rollout.js'

export interface StatsOptions {
  /** How many of the largest threads are named. Default 10. */
  readonly largest?: number
}

export interface LargeThread {
  readonly threadId: ThreadId
  readonly name: string | null
  readonly cwd: string | null
  /** Of its files on disk. */
  readonly bytes: number
}

export interface DirectoryStats {
  readonly cwd: string | null
  readonly threads: number
  readonly bytes: number
}

/** Sizes are bytes of files on disk where nothing else is said. */
export interface StoreStats {
  /** Living ones; scheduled ones are not counted. */
  readonly threads: number
  /** All rollouts. */
  readonly bytes: number
  /** The same as plain text. */
  readonly plainBytes: number
  /** Rollouts that are compressed. */
  readonly compressedBytes: number
  /** What a delete of all that is archived, and the removal of what was set aside, would give back. */
  readonly reclaimableBytes: number
  /** LevelDB's files. */
  readonly databaseBytes: number
  /** The largest first; null for threads without a directory. */
  readonly byCwd: readonly DirectoryStats[]
  readonly largest: readonly LargeThread[]
}

const LARGEST_DEFAULT = 10

export async function storeStats(
  context: StoreContext,
  options: StatsOptions = {},
): Promise<StoreStats> {
  checkOptions(options, { largest: 'count' })
  const { largest: count = LARGEST_DEFAULT } = options
  const sums = { threads: 0, bytes: 0, plainBytes: 0, compressedBytes: 0, reclaimableBytes: 0 }
  const byCwd = new Map<string | null, { threads: number; bytes: number }>()
  let largest: LargeThread[] = []
  for await (const { row } of describedThreads(context, { all: true })) {
    const { plain, compressed, plainBytes } = await sizesOf(context, row)
    const bytes = plain + compressed
    sums.threads += 1
    sums.bytes += bytes
    sums.plainBytes += plainBytes
    sums.compressedBytes += compressed
    if (row.archived) sums.reclaimableBytes += bytes
    const place = byCwd.get(row.cwd) ?? { threads: 0, bytes: 0 }
    byCwd.set(row.cwd, { threads: place.threads + 1, bytes: place.bytes + bytes })
    largest.push({ threadId: row.threadId, name: row.name, cwd: row.cwd, bytes })
    if (largest.length > 2 * count) largest = top(largest, count)
  }
  for (const { bytes } of await listQuarantine(context)) sums.reclaimableBytes += bytes
  return {
    ...sums,
    databaseBytes: await folderBytes(context, context.layout.levelFolder),
    byCwd: top(
      [...byCwd].map(([cwd, place]) => ({ cwd, ...place })),
      byCwd.size,
    ),
    largest: top(largest, count),
  }
}

const top = <T extends { readonly bytes: number }>(list: readonly T[], count: number): T[] =>
  [...list].sort((a, b) => b.bytes - a.bytes).slice(0, count)

async function sizesOf(
  context: StoreContext,
  row: ThreadRow,
): Promise<{ plain: number; compressed: number; plainBytes: number }> {
  const sizes = { plain: 0, compressed: 0, plainBytes: 0 }
  for (const rollout of row.rollouts) {
    sizes.plainBytes += rollout.bytes
    for (const place of pathsOf(context, row, rollout)) {
      const stat = await context.disk.stat(place)
      if (!stat) continue
      sizes[place.endsWith('.zst') ? 'compressed' : 'plain'] += stat.bytes
      break
    }
  }
  return sizes
}

async function folderBytes({ disk }: StoreContext, folder: string): Promise<number> {
  let bytes = 0
  for (const { name } of (await disk.list(folder)) ?? [])
    bytes += (await disk.stat(path.join(folder, name)))?.bytes ?? 0
  return bytes
}
