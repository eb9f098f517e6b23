// Detach: a fork whose base dies gets the inherited lines itself. Its rollout becomes: its own session_meta at the
// first inherited ordinal, the inherited lines byte for byte, its own session_meta once more at its old ordinal, its
// own lines. A base further down that lives stays the base. Forks of the fork then get their byte offsets corrected.
// Idempotent: a fork that refers to nothing dead is done. A fork whose file is not as it was committed is left alone.

import {
  clipSource,
  copySource,
  type History,
  type HistoryBase,
  type RolloutId,
  type RolloutSource,
  readForward,
  rewriteSessionMeta,
  sessionMetaOf,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { lineBytes, ownMeta, writeInherited } from '../lifecycle/flatten.js'
import { byteOffsetAt, openRollout, openThreadHistory } from '../reading/open-rollout.js'
import { forksOf, ownerOf } from '../threads/relatives.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'
import { refreshReplaced, replaceRollout } from './replace-rollout.js'

/** Makes a fork independent of its dead bases. */
export async function detachFork(context: StoreContext, forkId: ThreadId): Promise<void> {
  if (context.dead.has(forkId)) return
  const state = await context.threads.load(forkId)
  if (!state) return
  await refreshReplaced(context, state)
  for (const { rolloutId } of state.row.rollouts) {
    const rollout = state.row.rollouts.find((one) => one.rolloutId === rolloutId)!
    if (!rollout.base || !context.dead.has(await ownerOf(context, rollout.base.thread_id))) continue
    await detachRollout(context, state.row, rollout)
  }
  await correctOffsets(context, forkId)
}

/** The session_meta line that says what a rollout continues, and the open rollout. */
async function metaLineOf(context: StoreContext, row: ThreadRow, rollout: RolloutRow) {
  const source = await openRollout(context, row, rollout)
  try {
    for await (const line of readForward(source)) if (sessionMetaOf(line)) return { line, source }
    throw new StoreError('ROLLOUT_DAMAGED', 'a rollout without a session_meta line', {
      detail: { threadId: row.threadId },
    })
  } catch (error) {
    await source.close()
    throw error
  }
}

async function detachRollout(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
): Promise<void> {
  const history = await openThreadHistory(context, withTip(row, rollout))
  try {
    const kept = await livingBase(context, history)
    const { line, source } = await metaLineOf(context, row, rollout)
    await source.close()
    const meta = lineBytes(line)
    const { explicitOrdinals, firstOrdinal } = rollout
    const ids = history.segments.map((segment) => segment.rolloutId)
    const dead = ids.slice(kept ? ids.indexOf(kept.thread_id as RolloutId) + 1 : 0)
    context.redactions.inherit(rollout.rolloutId, dead, firstOrdinal)
    await replaceRollout(context, row, rollout, async (put) => {
      const inherited = history.forward({
        fromOrdinal: kept?.end_ordinal_exclusive ?? 0,
        toOrdinal: firstOrdinal,
      })
      const from = kept?.end_ordinal_exclusive ?? history.segments[0]!.firstOrdinal
      const options = { meta, base: kept, explicitOrdinals, firstOrdinal: from }
      const next = await writeInherited(inherited, options, put)
      const own = await openRollout(context, row, rollout)
      try {
        // Damaged bytes before the first line stay where they were: before it.
        await copySource(clipSource(own, line.offset), put)
        // Nothing was inherited from the dead where the fork ends inside of what its base inherited itself.
        if (next > from) await put(ownMeta(meta, explicitOrdinals ? firstOrdinal : null, null))
        await copySource(behind(own, line.offset + line.length), put)
      } finally {
        await own.close()
      }
    })
  } finally {
    await history.close()
  }
}

/** The row as it was when this rollout was the thread's newest. */
const withTip = (row: ThreadRow, tip: RolloutRow): ThreadRow => ({
  ...row,
  rollouts: row.rollouts.slice(0, row.rollouts.indexOf(tip) + 1),
})

/** The nearest base that lives; everything above it is inherited from the dead. */
async function livingBase(context: StoreContext, history: History): Promise<HistoryBase | null> {
  for (let index = history.segments.length - 2; index >= 0; index -= 1) {
    const { rolloutId, endOrdinal } = history.segments[index]!
    if (context.dead.has(await ownerOf(context, rolloutId))) continue
    return {
      thread_id: rolloutId,
      end_ordinal_exclusive: endOrdinal,
      end_byte_offset: await byteOffsetAt(history.segments[index]!, endOrdinal),
    }
  }
  return null
}

function behind(source: RolloutSource, start: number): RolloutSource {
  return {
    size: source.size - start,
    read: (offset, length) => source.read(start + offset, length),
    close: () => source.close(),
  }
}

/**
 * Corrects the byte offsets that forks of a rewritten thread hold. The first lines that the engine writes have room,
 * so a corrected line has its old length; one without room moves its own lines, and its forks are corrected in turn.
 */
async function correctOffsets(context: StoreContext, rewritten: ThreadId): Promise<void> {
  const queue = [rewritten]
  const seen = new Set<ThreadId>(queue)
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    // A reverted thread's later rollouts continue its own earlier ones.
    await correctOffset(context, id, id)
    for (const { threadId, kind } of await forksOf(context, id)) {
      if (kind !== 'reference' || seen.has(threadId)) continue
      seen.add(threadId)
      if (await correctOffset(context, threadId, id)) queue.push(threadId)
    }
  }
}

/** True where the fork's own lines moved. */
async function correctOffset(
  context: StoreContext,
  forkId: ThreadId,
  baseId: ThreadId,
): Promise<boolean> {
  const fork = await context.threads.load(forkId)
  const base = await context.threads.load(baseId)
  if (!fork || !base) return false
  await refreshReplaced(context, fork)
  const baseIds = new Set(base.row.rollouts.map((one) => one.rolloutId as string))
  let moved = false
  for (const rollout of fork.row.rollouts) {
    if (!rollout.base || !baseIds.has(rollout.base.thread_id)) continue
    const actual = await offsetIn(context, base.row, rollout.base)
    if (actual === undefined || actual === rollout.base.end_byte_offset) continue
    const { line, source } = await metaLineOf(context, fork.row, rollout)
    try {
      const before = lineBytes(line)
      const after = rewriteSessionMeta(before, {
        historyBase: { ...rollout.base, end_byte_offset: actual },
        byteLength: before.length,
      })
      moved ||= after.length !== before.length
      await replaceRollout(context, fork.row, rollout, async (put) => {
        await copySource(clipSource(source, line.offset), put)
        await put(after)
        await copySource(behind(source, line.offset + line.length), put)
      })
    } finally {
      await source.close()
    }
  }
  return moved
}

/** Where the inherited part ends in the base's rollout, counted anew. */
async function offsetIn(
  context: StoreContext,
  base: ThreadRow,
  { thread_id, end_ordinal_exclusive }: HistoryBase,
): Promise<number | undefined> {
  const tip = base.rollouts.find((one) => one.rolloutId === (thread_id as RolloutId))
  if (!tip) return undefined
  const history = await openThreadHistory(context, withTip(base, tip))
  try {
    return await byteOffsetAt(history.segments.at(-1)!, end_ordinal_exclusive)
  } finally {
    await history.close()
  }
}
