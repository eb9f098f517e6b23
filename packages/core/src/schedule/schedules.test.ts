import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { threadIds } from '../tombstones/tombstone.fixture.js'
import { decodeSchedule, encodeSchedule, type Schedule } from './schedules.js'

const facts = {
  operationId: '01J00000000000000000000001',
  dueMs: 1_772_600_768_000,
  forks: 'refuse' as const,
  reason: 'ticket 88',
  requestedBy: null,
  atMs: 1_772_600_000_000,
}

const again = (schedule: Schedule): Schedule =>
  decodeSchedule(schedule.operationId, encodeSchedule(schedule))

describe('the record of a scheduled set', () => {
  it('comes back as it was, whatever part of the set its roots are', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(threadIds, { minLength: 1, maxLength: 20 }),
        fc.nat(20),
        (ids, count) => {
          const schedule = { ...facts, ids, roots: ids.slice(0, Math.max(1, count)) }
          expect(again(schedule)).toEqual(schedule)
        },
      ),
    )
  })

  it('takes 16 bytes a root that nothing else was scheduled with', () => {
    const ids = fc.sample(fc.uniqueArray(threadIds, { minLength: 100, maxLength: 100 }), 1)[0]!
    const sizeOf = (count: number): number => {
      const some = ids.slice(0, count)
      return encodeSchedule({ ...facts, ids: some, roots: some }).length
    }
    expect(sizeOf(100) - sizeOf(1)).toBe(99 * 16)
  })
})
