// Carries a plan out: exactly what it says, or nothing of it. The plan is made again under the lock of the policy, and
// every thread is looked at once more under its own lock: one that was touched, held, pinned or opened since does not go.
// Deletions come first, in one set; then one archive operation. Nothing calls this but `retention.run`.
// Survives: a crash between the two, or inside of one of them. What was committed is finished at the next open, and the
// next run does the rest.

import type { ThreadId } from '@cenotaph/rollout'
import { breathe, isStoreError, StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { inPieces } from '../in-pieces.js'
import { archive } from '../lifecycle/archive.js'
import { type DeleteResult, deleteByIds } from '../lifecycle/delete-threads.js'
import { runOperation } from '../lifecycle/run-operation.js'
import type { Receipt } from '../proof/index.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { type ThreadFacts, vetoOf } from './facts.js'
import { type BoundPlan, planRetention } from './plan.js'
import type { RetentionRules } from './policy.js'
import { policyLock } from './stored-policy.js'

export interface RetentionRunOptions {
  /** The `planId` of a plan: anything else is refused with PLAN_CHANGED. */
  readonly expectPlan?: string
}

export interface RetentionRun {
  readonly planId: string
  /** The clock has jumped: nothing was done. */
  readonly unconfirmed: boolean
  readonly archived: readonly ThreadId[]
  /** Threads that are deleted at `deleteAfter`, and can be restored until then. */
  readonly scheduled: readonly ThreadId[]
  readonly deleteAfter: string | null
  /** What became of threads that were deleted at once, because the policy has no grace. */
  readonly deleted: DeleteResult | null
  readonly receipt: Receipt | null
}

/** Threads may change while plans are made; a store that changes this often is asked to try later. */
const ATTEMPTS_MAX = 5

/** @throws PLAN_CHANGED, and what a delete and an archive throw */
export async function runRetention(
  context: StoreContext,
  options: RetentionRunOptions = {},
): Promise<RetentionRun> {
  checkOptions(options, { expectPlan: 'text' })
  const release = await context.locks.acquire({ exclusive: [policyLock] })
  try {
    const { bound, deletion } = await deleteDue(context, options.expectPlan)
    const isScheduled = deletion?.state === 'scheduled'
    const deleted = isScheduled ? null : deletion
    return {
      planId: bound.plan.planId,
      unconfirmed: bound.plan.unconfirmed,
      archived: await archiveDue(context, bound),
      scheduled: isScheduled ? deletion.threadIds : [],
      deleteAfter: isScheduled ? deletion.deleteAfter : null,
      deleted,
      receipt: deleted?.receipt ?? null,
    }
  } finally {
    release()
  }
}

async function deleteDue(
  context: StoreContext,
  expectPlan: string | undefined,
): Promise<{ bound: BoundPlan; deletion: DeleteResult | null }> {
  for (let attempt = 1; ; attempt += 1) {
    const bound = await planRetention(context)
    if (expectPlan !== undefined && expectPlan !== bound.plan.planId)
      throw changed({ expected: expectPlan, actual: bound.plan.planId })
    if (!bound.rules || bound.deletions.length === 0) return { bound, deletion: null }
    try {
      return { bound, deletion: await deleteSet(context, bound, bound.rules) }
    } catch (error) {
      if (!isOvertaken(error)) throw error
      // Somebody was faster. Who looked at this plan is asked again; who did not gets the plan of now.
      if (expectPlan !== undefined || attempt === ATTEMPTS_MAX) throw changed({ attempt }, error)
    }
  }
}

async function deleteSet(
  context: StoreContext,
  bound: BoundPlan,
  rules: RetentionRules,
): Promise<DeleteResult> {
  const roots = await rootsOf(bound.deletions)
  // A thread that is dead would be answered with the receipt of another delete.
  const dead = roots.find((threadId) => context.dead.has(threadId))
  if (dead) throw changed({ threadId: dead })
  const options = {
    ...(rules.graceMs > 0 ? { in: rules.graceMs } : {}),
    forks: rules.forks,
    requestedBy: `retention, ${context.options.requestedBy}`,
  }
  return deleteByIds(context, roots, options, recheckOf(context, bound, rules))
}

/** Threads that nobody of the set spawned; all of them where parents lead in a circle. */
async function rootsOf(threads: readonly ThreadFacts[]): Promise<ThreadId[]> {
  await breathe()
  const inside = new Set(threads.map((thread) => thread.threadId))
  const roots = threads.filter(({ parentId }) => parentId === null || !inside.has(parentId))
  await breathe()
  const isWhole = isReached(threads, roots)
  return (isWhole ? roots : threads).map((thread) => thread.threadId)
}

function isReached(threads: readonly ThreadFacts[], roots: readonly ThreadFacts[]): boolean {
  const children = new Map<ThreadId, ThreadFacts[]>()
  for (const thread of threads) {
    if (thread.parentId === null) continue
    const siblings = children.get(thread.parentId)
    if (siblings) siblings.push(thread)
    else children.set(thread.parentId, [thread])
  }
  const waiting = [...roots]
  let reached = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    reached += 1
    waiting.push(...(children.get(next.threadId) ?? []))
  }
  return reached === threads.length
}

/** Asked under the locks of the rows: each is one that was planned, as it was planned. */
const recheckOf =
  (context: StoreContext, { expected, nowMs }: BoundPlan, rules: RetentionRules) =>
  async (rows: readonly ThreadRow[]): Promise<void> => {
    for await (const piece of inPieces(rows)) {
      for (const { threadId } of piece) {
        const state = context.threads.peek(threadId)
        const isAsPlanned = state && expected.get(threadId) === state.row.updatedAt
        if (!isAsPlanned || vetoOf(context, state, rules, nowMs)) throw changed({ threadId })
      }
    }
    for await (const piece of inPieces([...expected])) {
      for (const [threadId, activeMs] of piece) {
        // Forks are not locked; what is not in memory was not touched.
        const row = context.threads.peek(threadId)?.row
        if (row && row.updatedAt !== activeMs) throw changed({ threadId })
      }
    }
  }

/** Threads that changed since the plan are left in use; the others are archived in one operation. */
async function archiveDue(context: StoreContext, planned: BoundPlan): Promise<readonly ThreadId[]> {
  let bound = planned
  let due = planned.archives.map((thread) => thread.threadId)
  for (let attempt = 1; due.length > 0 && bound.rules; attempt += 1) {
    try {
      const recheck = recheckOf(context, bound, bound.rules)
      return await runOperation(context, archive, { threadIds: due, recheck })
    } catch (error) {
      if (!isOvertaken(error) || attempt === ATTEMPTS_MAX) throw error
      bound = await planRetention(context)
      const still = new Set(bound.archives.map((thread) => thread.threadId))
      due = due.filter((threadId) => still.has(threadId))
    }
  }
  return []
}

const overtaking = [
  'PLAN_CHANGED',
  'THREAD_HELD',
  'THREAD_HAS_FORKS',
  'THREAD_SCHEDULED',
  'THREAD_DELETED',
  'THREAD_NOT_FOUND',
  'THREAD_ARCHIVED',
  'THREAD_UNAVAILABLE',
] as const

/** Refusals that another plan would not meet. What is committed already is not a matter of plans. */
const isOvertaken = (error: unknown): boolean =>
  isStoreError(error) &&
  error.outcome !== 'unknown' &&
  (overtaking as readonly string[]).includes(error.code)

const changed = (detail: Record<string, unknown>, cause?: unknown): StoreError =>
  new StoreError('PLAN_CHANGED', 'threads have changed since the plan; look at it again', {
    retryable: true,
    detail,
    ...(cause === undefined ? {} : { cause }),
  })
