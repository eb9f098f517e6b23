import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Rig } from './journal.fixture.js'
import { mergeRanges } from './tables.js'

const key = (number: number): string => `t/${String(number).padStart(5, '0')}`

describe('the keys of many ranges', () => {
  it('are those that a look at every key finds, whatever lies between the ranges', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    // Every third number has a key, so that ranges are empty, full, or begin and end between two keys.
    const present = Array.from({ length: 2_000 }, (_, index) => key(index * 3))
    await journal.commit(() => ({
      operations: present.map((one) => ({ type: 'put', key: one, body: new Uint8Array(0) })),
    }))
    const range = fc.tuple(fc.nat(6_100), fc.nat(900)).map(([from, length]) => ({
      from: key(from),
      to: key(from + length),
    }))
    await fc.assert(
      fc.asyncProperty(fc.array(range, { maxLength: 40 }), async (ranges) => {
        const found: string[] = []
        for await (const keys of journal.keysIn(ranges)) {
          expect(keys.length).toBeLessThanOrEqual(500)
          found.push(...keys)
        }
        const merged = mergeRanges(ranges)
        const expected = present.filter((one) =>
          merged.some(({ from, to }) => from <= one && one <= to),
        )
        expect(found).toEqual(expected)
      }),
      { numRuns: 200 },
    )
    await journal.close()
  })
})
