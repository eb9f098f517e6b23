// A delete of threads on disk: what they have spawned in memory goes with them, and with `cascade` what was forked from
// them. Its plan has both, and a delete that is bound to a plan is bound to both.

import { StoreError } from '@cenotaph/storage'
import type { DeleteOptions, DeleteResult } from '../lifecycle/delete-threads.js'
import { refuseChangedPlan } from '../refuse-changed-plan.js'
import type { MemoryHalf } from './memory-half.js'
import { type DeletePart, withKin } from './merged-delete.js'

interface Halves {
  readonly half: MemoryHalf
  readonly onDisk: DeletePart
  /** Waits for what the half in memory drops by itself. */
  readonly dropped: () => Promise<unknown>
}

/** @throws PLAN_CHANGED, THREAD_HELD */
export async function deleteWithKin(halves: Halves, options: DeleteOptions): Promise<DeleteResult> {
  const { expectPlan, ...given } = options
  const { half, onDisk, dropped } = halves
  const kin = half.hasOutsideKin() ? await kinOf(halves, given) : undefined
  if (!kin) {
    const result = await onDisk(options)
    await dropped()
    return result
  }
  const plan = withKin(kin.base, kin.plan)
  refuseChangedPlan(expectPlan, plan.planId)
  if (given.dryRun) return plan
  if (kin.plan.held.length > 0) {
    throw new StoreError('THREAD_HELD', 'threads that go along are on hold', {
      detail: { threadIds: kin.plan.held },
    })
  }
  const bound = expectPlan === undefined ? {} : { expectPlan: kin.base.planId ?? expectPlan }
  const result = await onDisk({ ...given, ...bound })
  await dropped()
  const { planId } = plan
  if (result.state !== 'erasing' && result.state !== 'deleted') return { ...result, planId }
  // All of the plan: with `cascade` it has forks in memory of what goes along.
  await half.drop(kin.plan.threadIds)
  return { ...result, planId, threadIds: [...result.threadIds, ...kin.plan.threadIds] }
}

/** The plan on disk, and what goes along in memory; undefined where that is nothing. */
async function kinOf(
  { half, onDisk }: Halves,
  options: DeleteOptions,
): Promise<{ base: DeleteResult; plan: DeleteResult } | undefined> {
  const base = await onDisk({ ...options, dryRun: true })
  const cascade = options.forks === 'cascade'
  const roots = [
    ...half.spawnedBy(base.threadIds),
    ...(cascade ? half.forkedFrom(base.threadIds) : []),
  ]
  if (roots.length === 0) return undefined
  const forks = cascade ? 'cascade' : 'detach'
  return { base, plan: await half.deleteThreads(roots, { dryRun: true, forks }) }
}
