// How a thread's state moves on with its lines: the tail at once, when ordinals are given out, and the row once the
// lines are committed.

import { extended } from '../threads/rollout-checksum.js'
import { currentRollout, type ThreadRow, withCurrentRollout } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import type { PreparedLines } from './prepared-lines.js'

/** Gives the lines their place; returns the offset that they begin at. */
export function moveTail(state: ThreadState, lines: PreparedLines): number {
  const { tail } = state
  const offset = tail.offset
  tail.offset += lines.bytes.length
  tail.ordinal += lines.count
  tail.endsWithNewline = true
  return offset
}

/** The row once these lines are committed behind it. */
export function advanceRow(
  row: ThreadRow,
  lines: {
    readonly bytes: Uint8Array
    readonly first: number
    readonly count: number
    readonly updatedAt: number
    readonly preview: string | undefined
  },
): ThreadRow {
  const rollout = currentRollout(row)
  const advanced = {
    ...withCurrentRollout(row, {
      bytes: rollout.bytes + lines.bytes.length,
      ...extended(rollout, lines.bytes),
      items: rollout.items + lines.count,
      nextOrdinal: lines.first + lines.count,
      endsWithNewline: true,
    }),
    updatedAt: Math.max(row.updatedAt, lines.updatedAt),
    preview: row.preview ?? lines.preview ?? null,
  }
  // Lines that recovery or a repair found may have no time; those tell nothing of the thread's age.
  if (!advanced.ageUnknown || lines.updatedAt <= 0) return advanced
  const { ageUnknown: _, ...known } = advanced
  return known
}

export function noteUnrecorded(
  state: ThreadState,
  lines: { readonly bytes: Uint8Array; readonly first: number; readonly count: number },
): void {
  // A new object each time: a checkpoint under way keeps the one that its event was built from.
  const before = state.unrecorded ?? { first: lines.first, count: 0, bytes: 0 }
  state.unrecorded = {
    first: before.first,
    count: before.count + lines.count,
    bytes: before.bytes + lines.bytes.length,
  }
}
