import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupKey, intentKey, type OperationId } from './keys.js'
import { trimmedRanges } from './trimmed-ranges.js'

const ulid = fc
  .array(fc.constantFrom('0', '1', '9', 'A', 'Z'), { minLength: 4, maxLength: 4 })
  .map((digits) => `0${'Z'.repeat(21)}${digits.join('')}` as OperationId)

describe('the trimmed ranges', () => {
  it('hold every key that is gone and none that lives or is still to come', () => {
    const some = fc.uniqueArray(fc.tuple(ulid, fc.boolean()), {
      selector: ([id]) => id,
      minLength: 1,
    })
    fc.assert(
      fc.property(some, fc.nat(50), (intents, deletedThrough) => {
        const sorted = intents.sort(([a], [b]) => (a < b ? -1 : 1))
        // The greatest id is kept for an intent that is being opened meanwhile.
        const [coming] = sorted.at(-1)!
        const known = sorted.slice(0, -1)
        const open = known.filter(([, isOpen]) => isOpen).map(([id]) => id)
        const ranges = trimmedRanges({
          deletedThrough,
          meta: { lastOperationId: known.at(-1)?.[0] },
          openIntentIds: () => open,
        })
        const holds = (key: string) =>
          ranges.filter(({ from, to }) => from <= key && key <= to).length
        for (const [id, isOpen] of known) expect(holds(intentKey(id))).toBe(isOpen ? 0 : 1)
        expect(holds(intentKey(coming))).toBe(0)
        for (let sequence = 1; sequence <= 60; sequence++)
          expect(holds(groupKey(sequence))).toBe(sequence <= deletedThrough ? 1 : 0)
        expect(holds('meta') + holds('t/1')).toBe(0)
      }),
    )
  })
})
