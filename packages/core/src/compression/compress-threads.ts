// Compresses threads, two at once: one is compared, synced and committed while another is encoded. Each is a whole
// operation of its own: what has been done stays done, whatever becomes of the rest. A thread that is in use is left alone
// and told; nobody waits for a compression longer than one frame takes.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, type StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import {
  checkSelection,
  describedThreads,
  isSelection,
  type ThreadSelection,
} from '../erasure/thread-selection.js'
import { forEachOf } from '../for-each-of.js'
import { compress } from '../lifecycle/compress.js'
import { runOperation } from '../lifecycle/run-operation.js'
import type { UpgradableLock } from '../threads/lock-table.js'
import { requireThread, requireThreadIds } from '../threads/require-thread.js'
import { ownBytes } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import { discardForm, type PrepareOptions, prepareForm } from './prepared-form.js'

export interface CompressedThread {
  readonly threadId: ThreadId
  /** Bytes of the files that were rewritten: plain, and compressed. */
  readonly before: number
  readonly after: number
}

export interface UncompressedThread {
  readonly threadId: ThreadId
  /**
   * `compressed`: it is already. `live`: a writer has it. `busy`: another call wanted it meanwhile. `incompressible`:
   * nothing would be saved. `ephemeral`: it is in memory. Any other is the code of the error that was met.
   */
  readonly reason:
    | 'compressed'
    | 'live'
    | 'busy'
    | 'incompressible'
    | 'ephemeral'
    | StoreError['code']
}

export interface CompressResult {
  readonly compressed: readonly CompressedThread[]
  readonly skipped: readonly UncompressedThread[]
}

export interface CompressProgress {
  /** Threads that were looked at, of how many. */
  readonly done: number
  readonly total: number
  /** What became of the last one. */
  readonly last: CompressedThread | UncompressedThread
}

export interface CompressOptions {
  readonly onProgress?: (progress: CompressProgress) => void
  /** Ends it between two frames; what is compressed stays so, and the result tells. */
  readonly signal?: AbortSignal
}

/** What is heavy about them shares the thread pool, whatever their number; see heavy-work.ts. */
const AT_ONCE_MAX = 2

/**
 * What is compressed when it resolves is durable. @throws ARGUMENT_INVALID; THREAD_NOT_FOUND, THREAD_DELETED and
 * THREAD_SCHEDULED for ids that are named, before anything is done; STORE_FAILED
 */
export async function compressThreads(
  context: StoreContext,
  threads: readonly string[] | ThreadSelection,
  options: CompressOptions & Pick<PrepareOptions, 'pace'> = {},
): Promise<CompressResult> {
  checkOptions(options)
  const ids = await idsOf(context, threads)
  const { onProgress, pace, signal = context.closing } = options
  const either = AbortSignal.any([signal, context.closing])
  const looked = new Map<ThreadId, CompressedThread | UncompressedThread>()
  await forEachOf(ids, AT_ONCE_MAX, async (id) => {
    if (either.aborted) return
    const one = await compressOne(context, id, { signal: either, ...(pace ? { pace } : {}) })
    looked.set(id, one)
    onProgress?.({ done: looked.size, total: ids.length, last: one })
  })
  const result: { compressed: CompressedThread[]; skipped: UncompressedThread[] } = {
    compressed: [],
    skipped: [],
  }
  for (const id of ids) {
    const one = looked.get(id)
    if (one && 'reason' in one) result.skipped.push(one)
    else if (one) result.compressed.push(one)
  }
  return result
}

async function idsOf(
  context: StoreContext,
  threads: readonly string[] | ThreadSelection,
): Promise<readonly ThreadId[]> {
  if (!isSelection(threads)) {
    const ids = [...new Set(requireThreadIds(threads))]
    for (const id of ids) await requireThread(context, id)
    return ids
  }
  checkSelection(threads)
  const ids: ThreadId[] = []
  for await (const { row } of describedThreads(context, threads)) {
    if (row.rollouts.some((rollout) => !rollout.compressed)) ids.push(row.threadId)
  }
  return ids
}

async function compressOne(
  context: StoreContext,
  id: ThreadId,
  options: PrepareOptions,
): Promise<CompressedThread | UncompressedThread> {
  const skip = (reason: UncompressedThread['reason']): UncompressedThread => ({
    threadId: id,
    reason,
  })
  if (context.options.ephemeral) return skip('ephemeral')
  const lock = context.locks.tryUpgradableNow(id)
  if (!lock) return skip('busy')
  try {
    return await compressLocked(context, await requireThread(context, id), lock, options)
  } catch (error) {
    if (options.signal.aborted || error === awaited) return skip('busy')
    if (!isStoreError(error) || context.journal.failure) throw error
    return skip(error.code)
  } finally {
    lock.release()
  }
}

/** Thrown inside of a compression when somebody else waits for the thread. */
const awaited = new Error('somebody else waits for the thread')

async function compressLocked(
  context: StoreContext,
  state: ThreadState,
  lock: UpgradableLock,
  options: PrepareOptions,
): Promise<CompressedThread | UncompressedThread> {
  const { row, threadId } = state
  if (row.rollouts.every((rollout) => rollout.compressed)) return { threadId, reason: 'compressed' }
  if (state.writer) return { threadId, reason: 'live' }
  if (await isTooFull(context, ownBytes(row))) return { threadId, reason: 'DISK_FULL' }
  const prepared = await prepareForm(context, row, {
    ...options,
    async pace(bytes) {
      if (lock.isAwaited()) throw awaited
      await options.pace?.(bytes)
    },
  })
  if (!prepared) return { threadId, reason: 'incompressible' }
  try {
    if (lock.isAwaited()) throw awaited
    await runOperation(context, compress, { row, prepared, lock })
  } catch (error) {
    if (!context.journal.failure) await discardForm(context, prepared)
    throw error
  }
  const sum = (of: 'bytes' | 'compressedBytes') =>
    prepared.reduce((total, one) => total + one[of], 0)
  return { threadId, before: sum('bytes'), after: sum('compressedBytes') }
}

/** Both forms are there for a while; what appends need is left to them. */
async function isTooFull(context: StoreContext, bytes: number): Promise<boolean> {
  const { disk, layout, options } = context
  return (await disk.freeBytes(layout.root)) < bytes + options.ballastBytes
}
