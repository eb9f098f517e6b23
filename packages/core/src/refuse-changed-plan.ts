import { StoreError } from '@cenotaph/storage'

/** For a call that is bound to the plan that somebody looked at. @throws PLAN_CHANGED */
export function refuseChangedPlan(expected: string | undefined, actual: string | null): void {
  if (expected === undefined || expected === actual) return
  throw new StoreError('PLAN_CHANGED', 'the plan has changed; look at it again', {
    retryable: true,
    detail: { expected, actual },
  })
}
