// The compressed form of a thread's rollouts, made and compared before anything of the thread changes. Each form is
// staged under the name of its rollout, durable, and decoded and compared with the rollout in full when this resolves.
// Only then is there anything to commit: whatever goes wrong before leaves the thread as it was.
//
// Survives: a crash (open sweeps what no intent names). A form that nobody takes is unlinked, and where that fails its
// name says whose it is, so that the thread's delete finds it.

import path from 'node:path'
import {
  encodeSeekable,
  openPlainSource,
  type RolloutId,
  type RolloutSource,
  sameContent,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openCompressed } from '../files/rollout-sources.js'
import { stageBytes } from '../files/staging.js'
import { uniqueName } from '../files/unique-name.js'
import { forEachOf } from '../for-each-of.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'

export interface PreparedRollout {
  readonly rolloutId: RolloutId
  /** Plain name. */
  readonly fileName: string
  /** Bytes of the plain form. */
  readonly bytes: number
  readonly compressedBytes: number
  readonly stagedPath: string
}

export interface PrepareOptions {
  /** Aborts between two frames. */
  readonly signal: AbortSignal
  /** Waits before so many plain bytes are worked on. */
  readonly pace?: (bytes: number) => Promise<void>
}

/**
 * The caller holds a lock of the thread, shared or exclusive, so that nobody rewrites the rollouts meanwhile. What is
 * appended meanwhile is not in the form. Gives undefined where compression would save nothing.
 * @throws DISK_FULL, ROLLOUT_NOT_FOUND, ROLLOUT_SHORT, ROLLOUT_ZSTD_DAMAGED where the form decodes to something else
 */
export async function prepareForm(
  context: StoreContext,
  row: ThreadRow,
  options: PrepareOptions,
): Promise<PreparedRollout[] | undefined> {
  const prepared: PreparedRollout[] = []
  try {
    for (const rollout of row.rollouts) {
      if (!rollout.compressed) prepared.push(await prepareOne(context, row, rollout, options))
    }
  } catch (error) {
    await discardForm(context, prepared)
    throw error
  }
  const saved = prepared.reduce((sum, one) => sum + one.bytes - one.compressedBytes, 0)
  if (saved > 0) return prepared
  await discardForm(context, prepared)
  return undefined
}

/** Unlinks what was staged and not taken. */
export async function discardForm(
  context: StoreContext,
  prepared: readonly PreparedRollout[],
): Promise<void> {
  for (const { stagedPath } of prepared) await context.options.disk.unlink(stagedPath)
}

async function prepareOne(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
  options: PrepareOptions,
): Promise<PreparedRollout> {
  const { rolloutId, fileName, bytes } = rollout
  const { stagingFolder } = context.layout
  const staged = path.join(stagingFolder, `${fileName}.zst.${uniqueName(context)}.tmp`)
  try {
    await encodeTo(context, staged, await plainOf(context, row, rollout), options)
    await refuseDifferent(context, { row, rollout, staged }, options)
    const compressedBytes = (await context.disk.stat(staged))?.bytes ?? 0
    return { rolloutId, fileName, bytes, compressedBytes, stagedPath: staged }
  } catch (error) {
    await context.options.disk.unlink(staged)
    throw error
  }
}

async function encodeTo(
  context: StoreContext,
  staged: string,
  source: RolloutSource,
  { signal, pace }: PrepareOptions,
): Promise<void> {
  const { heavy } = context.journal
  try {
    await stageBytes(context, staged, async (put) => {
      await encodeSeekable(source, put, {
        signal,
        codec: context.options.codec,
        frameBytes: frameBytesOf(source.size),
        gate: async (run) => {
          await pace?.(frameBytesOf(source.size))
          return heavy.run(run)
        },
      })
    })
  } finally {
    await source.close()
  }
}

const MiB = 1024 * 1024

/** Longer frames compress better and cost more for one page; a rollout of a few pages is one frame whatever it is. */
const frameBytesOf = (bytes: number): number => (bytes > 16 * MiB ? 4 * MiB : MiB)

interface Pair {
  readonly decoded: RolloutSource
  readonly plain: RolloutSource
}

/** Decodes the staged form and compares it in full, two frames at once. */
async function refuseDifferent(
  context: StoreContext,
  parts: { readonly row: ThreadRow; readonly rollout: RolloutRow; readonly staged: string },
  { signal }: PrepareOptions,
): Promise<void> {
  const { bytes, rolloutId } = parts.rollout
  const step = frameBytesOf(bytes)
  const starts = Array.from({ length: Math.ceil(bytes / step) }, (_, index) => index * step)
  // A source decodes one frame at a time, so each of the two has its own.
  const pairs: Pair[] = []
  try {
    pairs.push(await openPair(context, parts), await openPair(context, parts))
    const free = [...pairs]
    let same = pairs.every(({ decoded }) => decoded.size === bytes)
    await forEachOf(same ? starts : [], free.length, async (from) => {
      const pair = free.pop()!
      const compare = () => sameContent(pair.decoded, pair.plain, { from, to: from + step, signal })
      same = (await context.journal.heavy.run(compare)) && same
      free.push(pair)
    })
    if (same) return
    throw new StoreError('ROLLOUT_ZSTD_DAMAGED', 'the compressed form decodes differently', {
      detail: { threadId: parts.row.threadId, rolloutId },
    })
  } finally {
    for (const { decoded, plain } of pairs) {
      await decoded.close()
      await plain.close()
    }
  }
}

async function openPair(
  context: StoreContext,
  { row, rollout, staged }: { row: ThreadRow; rollout: RolloutRow; staged: string },
): Promise<Pair> {
  const plain = await plainOf(context, row, rollout)
  try {
    const decoded = await openCompressed(context, staged)
    if (decoded) return { decoded, plain }
    throw new StoreError('ROLLOUT_NOT_FOUND', 'the staged form is gone')
  } catch (error) {
    await plain.close()
    throw error
  }
}

/** The committed bytes of the plain form. */
async function plainOf(
  context: StoreContext,
  { archived, threadId }: ThreadRow,
  { fileName, bytes }: RolloutRow,
): Promise<RolloutSource> {
  const place = context.layout.rolloutPath({ archived, fileName })
  const source = await openPlainSource(context.disk, place, bytes)
  if (source?.size === bytes) return source
  await source?.close()
  throw new StoreError(
    source ? 'ROLLOUT_SHORT' : 'ROLLOUT_NOT_FOUND',
    `the rollout of ${threadId} is ${source ? 'shorter than what was committed' : 'gone'}`,
    { detail: { threadId, path: place } },
  )
}
