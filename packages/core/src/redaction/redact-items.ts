// The verb behind `redactItems`: checks, plans, redacts, and tells the truth about what is left to do.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { findReceipt } from '../erasure/delete-receipt.js'
import { type DeleteResult, nothingDeleted } from '../lifecycle/delete-threads.js'
import { pendingOf } from '../lifecycle/pending-step.js'
import { redact } from '../lifecycle/redact.js'
import { decodePlan, runOperation } from '../lifecycle/run-operation.js'
import type { Receipt } from '../proof/index.js'
import { retryNow } from '../recovery/retry.js'
import { refuseChangedPlan } from '../refuse-changed-plan.js'
import { requireThreadId } from '../threads/require-thread.js'
import { type OrdinalRange, type OrdinalSpan, spansOfRanges } from './ordinal-spans.js'
import type { RedactedLine, RedactTarget } from './redact-lines.js'
import type { RedactPlan } from './redact-plan.js'
import { ordinalsOf, type RedactedSpan } from './redact-receipt.js'
import { readRedactScope } from './redact-scope.js'
import { type RepeatedLine, repeatedLines } from './repeated-lines.js'

export interface RedactOptions {
  /** Stops after the plan. */
  readonly dryRun?: boolean
  /** The `planId` of a dry run: anything else is refused with PLAN_CHANGED. */
  readonly expectPlan?: string
  readonly requestedBy?: string
}

export interface RedactResult extends DeleteResult {
  /** Whose lines are redacted; a base's, where the thread inherits them. Both ends included. */
  readonly redacted: readonly RedactedSpan[]
  /** Of a plan: the first 1,000 of the lines, without their text. */
  readonly lines: readonly RedactedLine[]
  /** Of a plan: other lines of the same threads that hold some of the same text, as far as was looked. */
  readonly repeatedIn: readonly RepeatedLine[]
  /** What repeats the lines and goes with them. */
  readonly attachments: number
  readonly events: number
  readonly quarantined: number
  /** Threads that lose a name which repeats the lines. */
  readonly unnamed: readonly ThreadId[]
}

const noLines = {
  lines: [],
  repeatedIn: [],
  attachments: 0,
  events: 0,
  quarantined: 0,
  unnamed: [],
} as const

/**
 * @throws THREAD_ID_MALFORMED, THREAD_NOT_FOUND, THREAD_DELETED, THREAD_UNAVAILABLE, THREAD_HELD, ARGUMENT_INVALID,
 * ORDINAL_NOT_FOUND, REDACTION_REFUSED, REASON_REFUSED, PLAN_CHANGED, ROLLOUT_CHANGED, DISK_FULL
 */
export async function redactItems(
  context: StoreContext,
  threadId: string,
  ordinals: readonly OrdinalRange[],
  reason: string,
  options: RedactOptions = {},
): Promise<RedactResult> {
  checkOptions(options, { dryRun: 'flag', expectPlan: 'text', requestedBy: 'text' })
  const id = requireThreadId(threadId)
  const spans = spansOfRanges(ordinals)
  if (typeof reason !== 'string' || reason.trim() === '')
    throw new StoreError('ARGUMENT_INVALID', 'a redaction needs a reason', {
      detail: { argument: 'reason' },
    })
  if (options.dryRun) return planned(context, id, spans, options)
  const before = new Set(context.openOperations.all().map((operation) => operation.id))
  try {
    const { receipt, plan } = await runOperation(context, redact, {
      threadId: id,
      spans,
      reason,
      requestedBy: options.requestedBy ?? context.options.requestedBy,
      expectPlan: options.expectPlan,
    })
    return doneOf(plan, receipt)
  } catch (error) {
    // Once it is committed nothing is rolled back: the caller learns what is left to do.
    const { operationId } = isStoreError(error) ? error.detail : {}
    const isOurs = typeof operationId === 'string' && !before.has(operationId as OperationId)
    const open = isOurs ? context.openOperations.get(operationId) : undefined
    if (open?.kind !== 'redact') throw error
    return stateOfRedaction(context, open.id)
  }
}

async function planned(
  context: StoreContext,
  id: ThreadId,
  spans: readonly OrdinalSpan[],
  options: RedactOptions,
): Promise<RedactResult> {
  const scope = await readRedactScope(context, id, spans)
  refuseChangedPlan(options.expectPlan, scope.planId)
  const { found, values, pieces, unnamed, copies, owners, files, planId } = scope
  return {
    ...nothingDeleted,
    state: 'planned',
    planId,
    threadIds: owners,
    forks: copies,
    forksByCopy: copies,
    bytes: found.bytes,
    files: files.length,
    redacted: ordinalsOf(found.targets),
    lines: found.lines,
    repeatedIn: await repeatedLines(context, owners, found),
    attachments: values.attachments,
    events: values.events,
    quarantined: pieces.length,
    unnamed,
  }
}

const doneOf = (plan: RedactPlan, receipt: Receipt): RedactResult => ({
  ...committedOf(plan),
  state: 'deleted',
  receipt,
})

const committedOf = (plan: RedactPlan): Omit<RedactResult, 'state'> => ({
  ...nothingDeleted,
  ...noLines,
  planId: plan.planId,
  threadIds: plan.owners,
  forks: plan.copies,
  bytes: plan.bytes,
  files: plan.fileCount,
  redacted: ordinalsOf(plan.targets as readonly RedactTarget[]),
  attachments: plan.attachments,
  events: plan.events,
  quarantined: plan.pieces.length,
  unnamed: plan.unnamed,
})

/** Tries the open redactions of a living thread now, in the order of their promises; undefined where there is none. */
export async function retryRedactions(
  context: StoreContext,
  id: ThreadId,
): Promise<RedactResult | undefined> {
  const open = context.openOperations
    .all()
    .filter(({ kind, body }) => kind === 'redact' && planTouches(body, id))
  for (const operation of open) {
    await retryNow(context, operation.id).catch((error: unknown) => {
      // The failure is in the open operation, and the state tells it.
      if (!isStoreError(error)) throw error
    })
  }
  const first = open.find((operation) => context.openOperations.get(operation.id)) ?? open.at(-1)
  return first && stateOfRedaction(context, first.id)
}

function planTouches(body: Uint8Array, id: ThreadId): boolean {
  const { threadId, owners } = decodePlan<RedactPlan>(body)
  return threadId === id || owners.includes(id)
}

/** What a committed redaction looks like now: `deleted` with its receipt, or `erasing` with what is pending. */
export async function stateOfRedaction(
  context: StoreContext,
  operationId: OperationId,
): Promise<RedactResult> {
  const open = context.openOperations.get(operationId)
  if (open) {
    const pending = pendingOf(open, 'redact.rewrite')
    return { ...committedOf(decodePlan<RedactPlan>(open.body)), state: 'erasing', pending }
  }
  const receipt = await findReceipt(context, operationId)
  const redacted = receipt?.redaction?.ordinals ?? []
  return {
    ...nothingDeleted,
    ...noLines,
    state: 'deleted',
    threadIds: receipt?.threadIds ?? [],
    bytes: receipt?.bytes ?? 0,
    files: receipt?.files.length ?? 0,
    attachments: receipt?.redaction?.attachments ?? 0,
    events: receipt?.redaction?.events ?? 0,
    quarantined: receipt?.redaction?.quarantined ?? 0,
    redacted,
    receipt: receipt ?? null,
  }
}
