// Sweep: everything that waits and could be done now. Open operations are tried again, due sets are deleted, and what is
// due by the wall clock alone is named, because nobody has confirmed that clock.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import type { ResidueReport } from '../inspection/verify-residue.js'
import {
  type DeleteResult,
  nothingDeleted,
  type PendingStep,
  stateOf,
} from '../lifecycle/delete-threads.js'
import type { Receipt } from '../proof/index.js'
import { retryNow } from '../recovery/retry.js'
import { stateOfRedaction } from '../redaction/redact-items.js'
import { deleteAfterOf, type Schedule } from './schedules.js'

export interface SweepOptions {
  /** Says that the wall clock is right, after it was found far ahead. */
  readonly confirmClock?: boolean
}

export interface UnconfirmedThread {
  readonly threadId: ThreadId
  readonly deleteAfter: string
}

/**
 * `receipt` is the last of `receipts`; `pending` also tells of due sets that are kept, and why. Both tell of redactions too;
 * `threadIds` are of those who died alone.
 */
export interface SweepResult extends DeleteResult {
  readonly receipts: readonly Receipt[]
  /** Due by the wall clock, which is not believed: neither deleted nor forgotten. */
  readonly unconfirmed: readonly UnconfirmedThread[]
  /**
   * What the weekly search of all files for residue found, now or since the last sweep; null where there was none.
   */
  readonly residue: ResidueReport | null
}

/** @throws ARGUMENT_INVALID */
export async function sweep(context: StoreContext, options: SweepOptions): Promise<SweepResult> {
  checkOptions(options, { confirmClock: 'flag' })
  if (options.confirmClock) await context.trustedClock.confirm()
  const retried: DeleteResult[] = []
  const redacted: DeleteResult[] = []
  for (const operation of context.openOperations.all()) {
    await retryNow(context, operation.id).catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
    if (operation.kind === 'delete') retried.push(await stateOf(context, operation.id))
    if (operation.kind === 'redact') redacted.push(await stateOfRedaction(context, operation.id))
  }
  const due = await context.dueDeletions.run()
  if (!context.journal.failure) await context.trustedClock.persist(1)
  const residue = context.journal.failure ? undefined : await context.residueSearches.sweep()
  return { ...combined(context, [...retried, ...due], redacted), residue: residue ?? null }
}

function combined(
  context: StoreContext,
  results: readonly DeleteResult[],
  redacted: readonly DeleteResult[],
): Omit<SweepResult, 'residue'> {
  const receipts = [...results, ...redacted].flatMap(({ receipt }) => receipt ?? [])
  const kept = context.schedules.due(context.trustedClock.nowMs())
  const pending = [
    ...[...results, ...redacted].flatMap((result) => result.pending),
    ...kept.map((schedule) => keptStep(context, schedule)),
  ]
  const erasing = [...results, ...redacted].some(({ state }) => state === 'erasing')
  return {
    ...nothingDeleted,
    state: erasing ? 'erasing' : kept.length > 0 ? 'scheduled' : 'deleted',
    threadIds: results.flatMap(({ threadIds }) => threadIds),
    forks: results.flatMap(({ forks }) => forks),
    bytes: results.reduce((sum, { bytes }) => sum + bytes, 0),
    files: results.reduce((sum, { files }) => sum + files, 0),
    pending,
    receipt: receipts.at(-1) ?? null,
    receipts,
    unconfirmed: unconfirmedOf(context),
  }
}

const keptStep = ({ dueDeletions }: StoreContext, { operationId }: Schedule): PendingStep => ({
  step: 'schedule.due',
  reason: dueDeletions.refusalOf(operationId) ?? 'in progress',
  nextTry: null,
  attempts: 0,
  participants: [],
})

const unconfirmedOf = (context: StoreContext): UnconfirmedThread[] =>
  context.schedules
    .all()
    .filter((schedule) => isUnconfirmed(context, schedule))
    .flatMap((schedule) =>
      schedule.ids.map((threadId) => ({ threadId, deleteAfter: deleteAfterOf(schedule) })),
    )

/** Due by the wall clock, and not by trusted time, because the wall clock is not believed. */
export const isUnconfirmed = ({ trustedClock }: StoreContext, { dueMs }: Schedule): boolean =>
  !trustedClock.confirmed && dueMs <= trustedClock.wallMs && dueMs > trustedClock.nowMs()
