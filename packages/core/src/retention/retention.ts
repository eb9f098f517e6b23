// Retention as callers have it: `store.retention`.

import type { StoreContext } from '../context.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { planRetention, type RetentionPlan } from './plan.js'
import type { RetentionPolicy } from './policy.js'
import { type RetentionRun, type RetentionRunOptions, runRetention } from './run.js'
import { readPolicy, setPolicy } from './stored-policy.js'

/** Off until a policy is set, and never carried out but by `run`: no timer, no open and no sweep does it. */
export interface Retention {
  /** The policy that holds, with its defaults filled in; null while retention is off. */
  policy(): Promise<RetentionPolicy | null>
  /** Sets the whole policy, or turns retention off with null. @throws ARGUMENT_INVALID */
  set(policy: RetentionPolicy | null): Promise<RetentionPolicy | null>
  /** What a run would do now, and what it would spare, and why. Changes nothing. */
  plan(): Promise<RetentionPlan>
  /** Does what the plan of now says; with `expectPlan` only if it is that plan. @throws PLAN_CHANGED */
  run(options?: RetentionRunOptions): Promise<RetentionRun>
}

/** `writable` throws where nothing may be changed any more. */
export const retentionOf = (
  context: () => StoreContext,
  writable: () => StoreContext,
): Retention => ({
  policy: async () => readPolicy(context()),
  set: async (policy) => runOperation(writable(), setPolicy, { policy }),
  plan: async () => (await planRetention(context())).plan,
  run: async (options) => runRetention(writable(), options),
})
