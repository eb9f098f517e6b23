// The verb behind `deleteThreads`: sorts out what is dead already, plans, deletes, and tells the truth about what is
// left to do. A repeat answers with the receipt that the thread has.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { findReceipt } from '../erasure/delete-receipt.js'
import { type DeleteScope, type ForksMode, readScope } from '../erasure/delete-scope.js'
import { namesOfThreads } from '../erasure/names-on-disk.js'
import { refuseChangedPlan } from '../refuse-changed-plan.js'
import { dueDateOf, dueMsOf, type WhenOptions } from '../schedule/due-date.js'
import { requireManyThreadIds } from '../threads/require-thread.js'
import { type DeleteArgs, deleteThreads } from './delete.js'
import { decodeDeletePlan } from './delete-plan.js'
import { type DeleteResult, nothingDeleted } from './delete-result.js'
import { pendingOf } from './pending-step.js'
import { runOperation } from './run-operation.js'
import { type ScheduleArgs, schedule } from './schedule.js'

export { type DeleteResult, nothingDeleted, type PendingStep } from './delete-result.js'

export interface DeleteOptions extends WhenOptions {
  /** What happens to threads that continue the history of a deleted one. Default `refuse`. */
  readonly forks?: ForksMode
  /** Kept in the receipt for ever; at most 200 characters, and no text of the thread. */
  readonly reason?: string
  readonly requestedBy?: string
  /** Stops after the plan. */
  readonly dryRun?: boolean
  /** The `planId` of a dry run: anything else is refused with PLAN_CHANGED. */
  readonly expectPlan?: string
}

/** @throws ARGUMENT_INVALID */
export const checkDeleteOptions = (options: DeleteOptions): void =>
  checkOptions(options, {
    forks: ['refuse', 'detach', 'cascade'],
    reason: 'text',
    requestedBy: 'text',
    dryRun: 'flag',
    expectPlan: 'text',
  })

/** A delete that is bound to a plan, and finds nothing to do, is not that plan. @throws PLAN_CHANGED */
export function refuseEmptyPlan({ expectPlan }: DeleteOptions): void {
  if (expectPlan === undefined) return
  throw new StoreError('PLAN_CHANGED', 'nothing is left of the plan', {
    retryable: true,
    detail: { expected: expectPlan, actual: null },
  })
}

/** @throws THREAD_ID_MALFORMED, THREAD_NOT_FOUND, THREAD_HAS_FORKS, PLAN_CHANGED, REASON_REFUSED, DISK_FULL */
export async function deleteByIds(
  context: StoreContext,
  given: readonly string[],
  options: DeleteOptions,
  recheck?: DeleteArgs['recheck'],
): Promise<DeleteResult> {
  checkDeleteOptions(options)
  const due = dueDateOf(context, options)
  const forks = options.forks ?? 'refuse'
  const roots: ThreadId[] = []
  const alreadyDeleted: { threadId: ThreadId; receiptId: string }[] = []
  for (const threadId of await requireManyThreadIds(given)) {
    const receiptId = context.dead.receiptOf(threadId)
    if (receiptId === undefined) roots.push(threadId)
    else alreadyDeleted.push({ threadId, receiptId })
  }
  await requireKnown(context, roots)
  if (options.dryRun) {
    const plan = await planned(context, roots, forks, alreadyDeleted, options)
    const dueMs = due && roots.length > 0 ? dueMsOf(context, due) : undefined
    return dueMs === undefined ? plan : { ...plan, deleteAfter: new Date(dueMs).toISOString() }
  }
  if (roots.length === 0) return repeated(context, alreadyDeleted)
  const args = {
    roots,
    alreadyDeleted,
    forks,
    reason: options.reason ?? null,
    requestedBy: options.requestedBy ?? context.options.requestedBy,
    expectPlan: options.expectPlan,
    recheck,
  }
  try {
    return due ? await scheduleSet(context, { ...args, due }) : await commitAndErase(context, args)
  } catch (error) {
    // Another delete took one of them while this one waited for its locks: ask again.
    const died = isStoreError(error, 'THREAD_DELETED') && roots.some((id) => context.dead.has(id))
    if (!died) throw error
    return deleteByIds(context, given, options, recheck)
  }
}

async function requireKnown(context: StoreContext, ids: readonly ThreadId[]): Promise<void> {
  const states = await context.threads.loadMany(ids)
  const unknown = ids.find((_, index) => !states[index])
  if (unknown === undefined) return
  throw new StoreError('THREAD_NOT_FOUND', `there is no thread ${unknown}`, {
    detail: { threadId: unknown },
  })
}

async function commitAndErase(
  context: StoreContext,
  args: Parameters<typeof deleteThreads.gather>[1],
): Promise<DeleteResult> {
  try {
    const { receipt, planId, fileCount } = await runOperation(context, deleteThreads, args)
    await takeRoomAgain(context)
    const state = await stateOf(context, receipt.receiptId as OperationId, args.alreadyDeleted)
    return { ...state, planId, files: fileCount }
  } catch (error) {
    // Once the set is dead nothing is rolled back: the caller learns what is left to do. Where another delete took some
    // of them, and this one failed before its commit, the rest lives.
    const operationId = context.dead.receiptOf(args.roots[0]!)
    const isDead = args.roots.every((id) => context.dead.receiptOf(id) === operationId)
    if (operationId === undefined || !isDead || isStoreError(error, 'THREAD_DELETED')) throw error
    return stateOf(context, operationId as OperationId, args.alreadyDeleted)
  }
}

async function scheduleSet(
  context: StoreContext,
  args: ScheduleArgs & Pick<DeleteArgs, 'alreadyDeleted'>,
): Promise<DeleteResult> {
  const { alreadyDeleted } = args
  const scheduled = await runOperation(context, schedule, args)
  return { ...nothingDeleted, state: 'scheduled', alreadyDeleted, ...scheduled }
}

/**
 * What a full disk made the store give up. The delete is done, so nothing here may fail it; nor may it go on once the
 * store is closed, which waits for whoever holds locks, be they none.
 */
async function takeRoomAgain({ ballast, locks }: StoreContext): Promise<void> {
  try {
    const release = await locks.acquire({})
    await ballast.restore().finally(release)
  } catch (error) {
    if (!isStoreError(error)) throw error
  }
}

async function planned(
  context: StoreContext,
  roots: readonly ThreadId[],
  forks: ForksMode,
  alreadyDeleted: DeleteResult['alreadyDeleted'],
  options: DeleteOptions,
): Promise<DeleteResult> {
  const scope = await readScope(context, roots, forks)
  refuseChangedPlan(options.expectPlan, scope.planId)
  const dying = new Set(scope.rows.map((row) => row.threadId))
  const held = scope.rows.filter((row) => row.hold).map((row) => row.threadId)
  const files = await namesOfThreads(context, [...dying])
  return {
    ...nothingDeleted,
    state: 'planned',
    planId: scope.planId,
    threadIds: [...dying],
    alreadyDeleted,
    forks: [...scope.references, ...scope.copies],
    forksByCopy: scope.copies,
    held,
    wouldRefuse: refusalOf(scope, forks, held),
    bytes: scope.bytes,
    files: files.filter((file) => file.owner !== undefined).length,
  }
}

function refusalOf(
  { references }: DeleteScope,
  forks: ForksMode,
  held: readonly ThreadId[],
): DeleteResult['wouldRefuse'] {
  if (held.length > 0) return 'THREAD_HELD'
  return forks === 'refuse' && references.length > 0 ? 'THREAD_HAS_FORKS' : null
}

async function repeated(
  context: StoreContext,
  alreadyDeleted: DeleteResult['alreadyDeleted'],
): Promise<DeleteResult> {
  const open = alreadyDeleted.find(({ receiptId }) =>
    context.openOperations.get(receiptId as OperationId),
  )
  const first = open ?? alreadyDeleted[0]!
  const state = await stateOf(context, first.receiptId as OperationId, alreadyDeleted)
  return { ...state, alreadyDeleted }
}

/** What a committed delete looks like now: `deleted` with its receipt, or `erasing` with what is pending. */
export async function stateOf(
  context: StoreContext,
  operationId: OperationId,
  alreadyDeleted: DeleteResult['alreadyDeleted'] = [],
): Promise<DeleteResult> {
  const open = context.openOperations.get(operationId)
  const receipt = open ? undefined : await findReceipt(context, operationId)
  if (receipt) {
    return {
      ...nothingDeleted,
      state: 'deleted',
      threadIds: receipt.threadIds,
      alreadyDeleted,
      forks: receipt.survivingForks.map((fork) => fork.threadId),
      bytes: receipt.bytes,
      files: receipt.files.length,
      receipt,
    }
  }
  const plan = open && decodeDeletePlan(open.body)
  return {
    ...nothingDeleted,
    // A dead set without intent and receipt comes from a tombstone alone: repair erased what it found.
    state: open ? 'erasing' : 'deleted',
    planId: plan?.planId ?? null,
    threadIds: plan?.threadIds ?? [],
    alreadyDeleted,
    forks: plan?.survivors.map((fork) => fork.threadId) ?? [],
    bytes: plan?.bytes ?? 0,
    files: plan?.fileCount ?? 0,
    pending: open ? pendingOf(open, 'delete.unlink') : [],
  }
}
