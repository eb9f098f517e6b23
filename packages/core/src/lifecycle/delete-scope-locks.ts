// What must hold before a delete is committed: all that it names is locked and stays as it was read, forks that will be
// rewritten are as they were committed, and there is room for what they inherit. Refuses; changes nothing.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import {
  type DeleteScope,
  type ForksMode,
  readScope,
  refuseForks,
} from '../erasure/delete-scope.js'
import { refuseRepeatingReason } from '../erasure/reason.js'
import { refuseChangedRollouts } from '../erasure/replace-rollout.js'
import { refuseChangedPlan } from '../refuse-changed-plan.js'
import type { Release } from '../threads/lock-table.js'
import { refuseDead, refuseParked } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { gatherLocked } from './barrier.js'
import { refuseHeld } from './hold.js'

/** With all that a scope names locked it cannot grow, so a scope that reads the same under its locks stands. */
export async function lockScope(
  context: StoreContext,
  roots: readonly ThreadId[],
  forks: ForksMode,
): Promise<{ state: DeleteScope; locks: Release }> {
  let expected = await readScope(context, roots, forks)
  for (;;) {
    const exclusive = [...expected.rows.map((row) => row.threadId), ...expected.rewritten]
    const attempt = await gatherLocked(context, { exclusive }, async () => {
      for (const id of roots) refuseDead(context, id)
      return readScope(context, roots, forks)
    })
    const same =
      attempt.state.planId === expected.planId &&
      attempt.state.rewritten.length === expected.rewritten.length
    if (same) return attempt
    attempt.locks()
    expected = attempt.state
  }
}

/**
 * What a delete asks before its commit, whether it comes at once or at a date: is this the plan that somebody agreed to,
 * and may all of it go? The scope is locked.
 */
export async function refuseScope(
  context: StoreContext,
  scope: DeleteScope,
  { forks, expectPlan, reason, recheck }: ScopeTerms,
): Promise<void> {
  refuseChangedPlan(expectPlan, scope.planId)
  await recheck?.(scope.rows)
  refuseHeld(scope.rows)
  refuseForks(scope, forks)
  await refuseRepeatingReason(context, reason, scope.rows)
  if (forks === 'detach') await refuseChangedForks(context, scope)
}

export interface ScopeTerms {
  readonly forks: ForksMode
  readonly reason: string | null
  readonly expectPlan: string | undefined
  /** Rejects where a selection or a policy no longer describes the threads. */
  readonly recheck?: ((rows: readonly ThreadRow[]) => Promise<void>) | undefined
}

/** A fork whose rollout is not as it was committed cannot be rewritten; the delete does not begin. */
async function refuseChangedForks(context: StoreContext, scope: DeleteScope): Promise<void> {
  for (const id of scope.rewritten) {
    const state = await context.threads.load(id)
    // One that waits for its own date is rewritten all the same.
    if (!state || context.dead.has(id)) continue
    refuseParked(state)
    await refuseChangedRollouts(context, state)
  }
}

/** Copies of what forks inherit need room; without it the delete does not begin. */
export async function refuseWithoutSpace(context: StoreContext, scope: DeleteScope): Promise<void> {
  if (scope.references.length === 0) return
  let needed = 0
  for (const id of scope.rewritten) {
    const state = await context.threads.load(id)
    for (const { base, bytes } of state?.row.rollouts ?? []) {
      // A fork may inherit all that its bases hold, and is written anew before the old file goes.
      if (base) needed += bytes + scope.bytes
    }
  }
  const free = await context.disk.freeBytes(context.layout.root)
  if (needed <= free) return
  throw new StoreError('DISK_FULL', 'there is no room for the lines that forks inherit', {
    retryable: true,
    detail: { neededBytes: needed, freeBytes: free },
  })
}
