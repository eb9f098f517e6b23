import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ManualClock, steadyEntropy } from './journal.fixture.js'
import { type OperationId, operationIdOf } from './keys.js'
import { OperationIds, toggleId } from './operation-ids.js'

const step = fc.record({
  jumpMs: fc.integer({ min: -10_000_000, max: 10_000_000 }),
  restart: fc.boolean(),
})

describe('operation ids', () => {
  it('ascend over restarts and over clocks that step either way', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const clock = new ManualClock()
        const entropy = steadyEntropy(seed)
        let ids = new OperationIds(clock, entropy)
        let last: OperationId | undefined
        for (const { jumpMs, restart } of steps) {
          clock.nowMs += jumpMs
          if (restart) ids = new OperationIds(clock, entropy, last)
          const id = ids.next()
          expect(operationIdOf(`i/${id}`)).toBe(id)
          if (last !== undefined) expect(id > last).toBe(true)
          last = id
        }
      }),
    )
  })

  it('move the time on where the random part has no successor', () => {
    const clock = new ManualClock()
    clock.nowMs = 0
    const last = `0000000001${'Z'.repeat(16)}` as OperationId
    const id = new OperationIds(clock, steadyEntropy(), last).next()
    expect(id > last).toBe(true)
    expect(id.slice(0, 10)).toBe('0000000002')
  })

  it('go on above an id that was given out elsewhere, and below none', () => {
    const ids = new OperationIds(new ManualClock(), steadyEntropy())
    const first = ids.next()
    const elsewhere = `7${first.slice(1)}` as OperationId
    ids.note(elsewhere)
    ids.note(first)
    expect(ids.last).toBe(elsewhere)
    expect(ids.next() > elsewhere).toBe(true)
  })

  it('accept a clock before 1970', () => {
    const clock = new ManualClock()
    clock.nowMs = -5
    expect(new OperationIds(clock, steadyEntropy()).next().slice(0, 10)).toBe('0000000000')
  })

  it('cancel out in a sum, in any order', () => {
    const ids = new OperationIds(new ManualClock(), steadyEntropy())
    const all = Array.from({ length: 19 }, () => ids.next())
    const zero = '0'.repeat(32)
    const sum = all.reduce(toggleId, zero)
    expect(sum).not.toBe(zero)
    expect(all.reverse().reduce(toggleId, sum)).toBe(zero)
    expect(toggleId(zero, '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' as OperationId)).toBe('f'.repeat(32))
  })
})
