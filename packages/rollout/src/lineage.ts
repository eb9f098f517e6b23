// A thread's history through its forks by reference: each fork's first line names the part of another rollout
// that it continues, to any depth. `end_ordinal_exclusive` says which part; `end_byte_offset` is believed only
// where the lines on both sides of it agree.

import { StoreError } from '@cenotaph/storage'
import type { Damage } from './damage.js'
import { type History, LineageHistory } from './history.js'
import type { RolloutId } from './ids.js'
import type { HistoryBase } from './items.js'
import type { RolloutSource } from './source.js'

export interface OpenedRollout {
  readonly source: RolloutSource
  readonly firstOrdinal: number
  readonly explicitOrdinals: boolean
  /** What the rollout itself continues. */
  readonly base: HistoryBase | undefined
  /** The ordinal after its last line, where known; spares a count in a rollout without ordinals. */
  readonly nextOrdinal?: number
}

export interface RolloutLookup {
  /** Opens a rollout, compressed or not; undefined where there is none. The history closes the source. */
  open(rolloutId: RolloutId): Promise<OpenedRollout | undefined>
}

export interface Segment {
  readonly rolloutId: RolloutId
  readonly source: RolloutSource
  readonly firstOrdinal: number
  /** Exclusive; Infinity for the tip. */
  readonly endOrdinal: number
  readonly explicitOrdinals: boolean
  /** Where a fork says that this segment ends. */
  readonly endHint: number | undefined
  readonly nextOrdinal: number | undefined
}

export interface OpenHistoryOptions {
  readonly onDamage?: (damage: Damage & { readonly rolloutId: RolloutId }) => void
}

/**
 * Opens the tip and everything under it, the root first. A base that is not there is `missing-base` damage of
 * the rollout that names it, and the history begins there. Throws ROLLOUT_NOT_FOUND without the tip and
 * LINEAGE_CYCLE when a rollout continues itself through others; nothing stays open then.
 */
export async function openHistory(
  tip: RolloutId,
  lookup: RolloutLookup,
  options: OpenHistoryOptions = {},
): Promise<History> {
  const segments: Segment[] = []
  try {
    await follow(tip, lookup, segments, options)
  } catch (error) {
    await Promise.all(segments.map((segment) => segment.source.close()))
    throw error
  }
  return new LineageHistory(segments.reverse())
}

/** Opens from the tip down; `segments` holds what is open, also when this throws. */
async function follow(
  tip: RolloutId,
  lookup: RolloutLookup,
  segments: Segment[],
  options: OpenHistoryOptions,
): Promise<void> {
  const visited = new Set<string>()
  let rolloutId = tip
  let endOrdinal = Number.POSITIVE_INFINITY
  let endHint: number | undefined
  for (;;) {
    if (visited.has(rolloutId)) {
      throw new StoreError('LINEAGE_CYCLE', 'A rollout continues itself', { detail: { rolloutId } })
    }
    visited.add(rolloutId)
    const opened = await lookup.open(rolloutId)
    if (!opened) {
      const above = segments.at(-1)
      if (!above) {
        throw new StoreError('ROLLOUT_NOT_FOUND', 'There is no such rollout', {
          detail: { rolloutId },
        })
      }
      options.onDamage?.({
        kind: 'missing-base',
        offset: 0,
        length: 0,
        rolloutId: above.rolloutId,
      })
      return
    }
    const { source, firstOrdinal, explicitOrdinals, nextOrdinal, base } = opened
    segments.push({
      rolloutId,
      source,
      firstOrdinal,
      endOrdinal,
      explicitOrdinals,
      endHint,
      nextOrdinal,
    })
    if (!base) return
    rolloutId = base.thread_id.toLowerCase() as RolloutId
    // A fork may end inside what its base inherited; then nothing of the base itself is part of it.
    const inside = base.end_ordinal_exclusive <= endOrdinal
    endHint = inside ? base.end_byte_offset : undefined
    endOrdinal = Math.min(endOrdinal, base.end_ordinal_exclusive)
  }
}
