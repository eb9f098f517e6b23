// Opens a thread's rollouts for reading, wherever an operation under way has them: at the place that the row
// names, or at the one that they are just moving from. Readers never pass the committed length, and a file that
// is shorter is an error, never a shorter history.

import {
  type Damage,
  findOrdinal,
  type History,
  openHistory,
  openRolloutSource,
  type RolloutId,
  type RolloutLookup,
  type RolloutSource,
  type Segment,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
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

/** @throws ROLLOUT_NOT_FOUND, ROLLOUT_SHORT */
export async function openRollout(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
): Promise<RolloutSource> {
  // A move links the new name before it unlinks the old one, so one of two looks finds the file.
  for (let look = 0; look < 2; look += 1) {
    for (const path of pathsOf(context, row, rollout)) {
      const source = await openRolloutSource(context.disk, path, { endOffset: rollout.bytes })
      if (!source) continue
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

/** Lineage over this store. Bases are not asked whether they are dead: a fork reads them until it is detached. */
function lookupIn(context: StoreContext, tip: ThreadRow): RolloutLookup {
  return {
    async open(rolloutId) {
      const own = tip.rollouts.find((rollout) => rollout.rolloutId === rolloutId)
      const row = own ? tip : await ownerRow(context, rolloutId)
      const rollout = row?.rollouts.find((candidate) => candidate.rolloutId === rolloutId)
      if (!row || !rollout) return undefined
      const source = await openRollout(context, row, rollout)
      return {
        source,
        firstOrdinal: rollout.firstOrdinal,
        explicitOrdinals: rollout.explicitOrdinals,
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
export function openThreadHistory(
  context: StoreContext,
  row: ThreadRow,
  onDamage?: (damage: Damage) => void,
): Promise<History> {
  const tip = currentRollout(row).rolloutId
  return openHistory(tip, lookupIn(context, row), onDamage ? { onDamage } : {})
}
