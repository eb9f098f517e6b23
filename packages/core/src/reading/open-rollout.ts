// Opens a thread's rollouts for reading, wherever an operation under way has them: at the place that the row
// names, or at the one that they are just moving from. Readers never pass the committed length, and a file that
// is shorter is an error, never a shorter history.

import {
  type Damage,
  findOrdinal,
  type History,
  openHistory,
  type RolloutId,
  type RolloutLookup,
  type RolloutSource,
  type Segment,
  type ThreadId,
} from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openSource } from '../files/rollout-sources.js'
import { layoutOf } from '../redaction/redactions.js'
import { ownerOf } from '../threads/relatives.js'
import { currentRollout, type RolloutRow, type ThreadRow } from '../threads/thread-row.js'

/** Paths that a rollout may have, the likeliest first; the plain form wins where both are there. */
export function pathsOf(context: StoreContext, row: ThreadRow, rollout: RolloutRow): string[] {
  const { layout } = context
  const { fileName } = rollout
  return [row.archived, !row.archived].flatMap((archived) => {
    const plain = layout.rolloutPath({ archived, fileName })
    return [plain, `${plain}.zst`]
  })
}

export interface ReaderOptions {
  /** The caller reads all of it and keeps nothing: compressed frames are decoded before they are asked for. */
  readonly goesThrough?: boolean
}

/** @throws ROLLOUT_NOT_FOUND, ROLLOUT_SHORT */
export async function openRollout(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
  { goesThrough = false }: ReaderOptions = {},
): Promise<RolloutSource> {
  // A move links the new name before it unlinks the old one, so one of two looks finds the file.
  for (let look = 0; look < 2; look += 1) {
    for (const path of pathsOf(context, row, rollout)) {
      const source = await openSource(context, path, {
        endOffset: rollout.bytes,
        ...(goesThrough ? { ahead: (run) => context.journal.heavy.run(run) } : {}),
      })
      if (!source) continue
      if (isBehind(context, row.threadId, rollout)) {
        await source.close()
        throw new StoreError('ROLLOUT_CHANGED', 'the rollout was replaced while it was opened', {
          retryable: true,
          detail: { threadId: row.threadId, rolloutId: rollout.rolloutId },
        })
      }
      if (source.size >= rollout.bytes) return context.redactions.masked(rollout, source)
      await source.close()
      throw new StoreError('ROLLOUT_SHORT', 'the rollout is shorter than what was committed', {
        detail: { threadId: row.threadId, bytes: source.size, committedBytes: rollout.bytes },
      })
    }
  }
  throw new StoreError('ROLLOUT_NOT_FOUND', `the rollout of ${row.threadId} is gone`, {
    detail: { threadId: row.threadId, fileName: rollout.fileName },
  })
}

/** Whether the file of this name may be another one than the row was made for. */
function isBehind(context: StoreContext, id: ThreadId, rollout: RolloutRow): boolean {
  if (context.replacements.has(rollout.rolloutId)) return true
  const now = rolloutNow(context, id, rollout.rolloutId)
  return now !== undefined && layoutOf(now) !== layoutOf(rollout)
}

const rolloutNow = (context: StoreContext, id: ThreadId, rolloutId: RolloutId) =>
  context.threads.peek(id)?.row.rollouts.find((one) => one.rolloutId === rolloutId)

/** Lineage over this store. Bases are not asked whether they are dead: a fork reads them until it is detached. */
function lookupIn(context: StoreContext, tip: ThreadRow, options: ReaderOptions): RolloutLookup {
  return {
    async open(rolloutId) {
      const own = tip.rollouts.find((rollout) => rollout.rolloutId === rolloutId)
      const row = own ? tip : await ownerRow(context, rolloutId)
      const rollout = row?.rollouts.find((candidate) => candidate.rolloutId === rolloutId)
      if (!row || !rollout) return undefined
      const source = await openRollout(context, row, rollout, options)
      return {
        source,
        firstOrdinal: rollout.firstOrdinal,
        explicitOrdinals: rollout.explicitOrdinals,
        nextOrdinal: rollout.nextOrdinal,
        base: rollout.base ?? undefined,
      }
    },
  }
}

async function ownerRow(
  context: StoreContext,
  rolloutId: RolloutId,
): Promise<ThreadRow | undefined> {
  const owner: ThreadId = await ownerOf(context, rolloutId)
  return (await context.threads.load(owner))?.row
}

/** Where the line with an ordinal begins in the rollout of a segment, or would begin: uncompressed bytes. */
export async function byteOffsetAt(
  { source }: Pick<Segment, 'source'>,
  ordinal: number,
): Promise<number> {
  return (await findOrdinal(source, ordinal))?.offset ?? source.size
}

/** The whole history of a thread, as it is committed now. The caller closes it. */
export async function openThreadHistory(
  context: StoreContext,
  row: ThreadRow,
  onDamage?: (damage: Damage) => void,
  options: ReaderOptions = {},
): Promise<History> {
  const tip = currentRollout(row).rolloutId
  for (let current = row; ; ) {
    let told: Damage[] | undefined = []
    const note = (damage: Damage): void => {
      if (told) told.push(damage)
      else onDamage?.(damage)
    }
    let history: History | undefined
    let failure: unknown
    try {
      history = await openHistory(
        tip,
        lookupIn(context, current, options),
        onDamage ? { onDamage: note } : {},
      )
    } catch (error) {
      failure = error
    }
    // What it continued may have died meanwhile: then its lines are in the rollout itself, and the row says so.
    const newer = await newerRow(context, current, failure).catch(async (error: unknown) => {
      await history?.close()
      throw error
    })
    if (!newer && !history) throw failure
    if (!newer && history) {
      for (const damage of told) onDamage?.(damage)
      told = undefined
      return history
    }
    await history?.close()
    current = newer ?? current
  }
}

/** The same rollouts as they are now, where the row is behind; undefined where it is not. @throws THREAD_UNAVAILABLE */
async function newerRow(
  context: StoreContext,
  row: ThreadRow,
  failure: unknown,
): Promise<ThreadRow | undefined> {
  // That of a base further down is read from its own row again.
  let isNewer = isStoreError(failure, 'ROLLOUT_CHANGED')
  const changed = isStoreError(failure, 'ROLLOUT_CHANGED') ? [failure.detail.rolloutId] : []
  for (const id of [...changed, ...row.rollouts.map(({ rolloutId }) => rolloutId)])
    await context.replacements.ended(id as RolloutId)
  const rollouts = row.rollouts.map((one) => {
    const now = rolloutNow(context, row.threadId, one.rolloutId)
    if (!now || layoutOf(now) === layoutOf(one)) return one
    isNewer = true
    return now
  })
  return isNewer ? { ...row, rollouts } : undefined
}
