// The checksum that a row keeps of each rollout's committed bytes. Whoever commits bytes behind them extends it, whoever
// writes a rollout anew sums it, verify compares. It is what tells a changed letter inside of a line: such a line is
// sound JSON with the right ordinal. A row from before there were checksums has none; nothing is compared then.

import { checksumOf, extendChecksum, type RolloutSource, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import type { RolloutRow, ThreadRow } from './thread-row.js'

type Summed = Pick<RolloutRow, 'crc32'>

/** The checksum once these bytes follow. */
export const extended = ({ crc32 }: Summed, bytes: Uint8Array): Summed =>
  crc32 === undefined ? {} : { crc32: extendChecksum(crc32, bytes) }

export const differs = ({ crc32 }: Summed, found: number): boolean =>
  crc32 !== undefined && crc32 !== found

/** The row of a rollout whose bytes become those of `source`. */
export const resummed = async (rollout: RolloutRow, source: RolloutSource): Promise<RolloutRow> =>
  rollout.crc32 === undefined ? rollout : { ...rollout, crc32: await checksumOf(source) }

/** Before a rollout is written anew: what has changed must not become the truth. @throws ROLLOUT_DAMAGED */
export async function refuseChangedBytes(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
): Promise<void> {
  if (rollout.crc32 === undefined) return
  const source = await openRollout(context, row, rollout)
  try {
    if (differs(rollout, await checksumOf(source))) throw changedBytes(row.threadId, rollout.bytes)
  } finally {
    await source.close()
  }
}

export const changedBytes = (threadId: ThreadId, committedBytes: number): StoreError =>
  new StoreError('ROLLOUT_DAMAGED', 'committed bytes of the rollout have changed', {
    detail: { threadId, committedBytes },
  })
