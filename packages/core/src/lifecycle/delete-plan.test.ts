import type { ThreadId } from '@cenotaph/rollout'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DeletePlan, decodeDeletePlan, encodeDeletePlan } from './delete-plan.js'

const plan = (threadIds: readonly ThreadId[]): DeletePlan => ({
  threadIds,
  planId: 'p',
  forks: 'detach',
  detach: [],
  rewritten: [],
  directories: [],
  survivors: [],
  alreadyDeleted: [],
  reason: 'a reason with ümlauts',
  requestedBy: null,
  requestedAtMs: 1,
  committedAtMs: 2,
  files: [{ kind: 'rollout', bytes: 3 }],
  fileCount: 1,
  hardLinks: 0,
  bytes: 3,
  items: 4,
})

describe('the journaled plan of a delete', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.uuid()), (ids) => {
        const original = plan(ids as ThreadId[])
        expect(decodeDeletePlan(encodeDeletePlan(original))).toEqual(original)
      }),
    )
  })

  it('takes 16 bytes a thread', () => {
    const ids = Array.from(
      { length: 1_000 },
      (_, n) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`,
    ) as ThreadId[]
    expect(encodeDeletePlan(plan(ids)).length - encodeDeletePlan(plan([])).length).toBe(16_000)
  })
})
