// One checkpoint of the journal: groups that the caller has made durable elsewhere are trimmed in one batch with its rows,
// then the anchor says so. Survives a crash between any two writes: an older anchor beside a newer batch is sound, and
// keys of trimmed groups that are still there are ignored by recovery.

import { writeAnchor } from './anchor.js'
import type { Checkpoint } from './commit.js'
import type { CommitQueue } from './commit-queue.js'
import type { FailureLatch } from './failure.js'
import type { JournalOptions } from './journal-options.js'
import type { Appended, JournalState } from './journal-state.js'
import type { Sequence } from './keys.js'
import { FORMAT_VERSION } from './meta.js'

const DELETES_MAX = 1_000

/** What a journal is made of. */
export interface JournalParts {
  readonly options: JournalOptions
  readonly state: JournalState
  readonly latch: FailureLatch
  readonly queue: CommitQueue<Appended, Sequence>
}

/** Durable when it resolves. A failure to write the anchor latches STORE_FAILED; the batch stands. */
export async function runCheckpoint(
  { options, state, latch, queue }: JournalParts,
  through: Sequence,
  build: () => Checkpoint,
): Promise<void> {
  const anchor = await queue.commit(() => {
    const checkpoint = build()
    const { operations, applied } = state.trim(through, checkpoint, DELETES_MAX)
    return {
      operations,
      applied: () => {
        applied()
        return { ...checkpoint.anchor, storeTimeMs: state.meta.storeTimeMs }
      },
    }
  })
  // A long journal is deleted in steps, so that appends do not wait for thousands of deletes.
  while (state.deletedThrough < through) await queue.commit(() => state.deleteTrimmed(DELETES_MAX))
  try {
    const whole = { formatVersion: FORMAT_VERSION, ...anchor, sequence: through }
    await writeAnchor(options.disk, options.anchorPath, whole)
  } catch (error) {
    latch.fail(error)
    throw latch.errorFor('unknown')
  }
}
