import { breathe } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inTurns, Paced, PIECE, sorted } from './in-pieces.js'

/** How much is done in each turn of the event loop until all workers are done. */
async function turnsOf(pace: Paced, workers: readonly (readonly number[])[]): Promise<number[]> {
  const turns: number[] = [0]
  let over = false
  const counting = (async () => {
    while (!over) {
      await breathe()
      turns.push(0)
    }
  })()
  await Promise.all(
    workers.map(async (sizes) => {
      for (const size of sizes) {
        await pace.turn(size)
        turns[turns.length - 1]! += size
      }
    }),
  )
  over = true
  await counting
  return turns
}

describe('sharing turns of the event loop', () => {
  it('gives no turn more than there is room for, however many work', async () => {
    const sizes = Array.from({ length: 20 }, (_, index) => (index % 4) + 1)
    const turns = await turnsOf(new Paced(10), [sizes, sizes, sizes, sizes])
    expect(turns.reduce((sum, one) => sum + one, 0)).toBe(4 * 50)
    expect(Math.max(...turns)).toBeLessThanOrEqual(10)
    expect(turns.length).toBeGreaterThanOrEqual(20)
  })

  it('gives what is larger a turn of its own', async () => {
    const turns = await turnsOf(new Paced(10), [
      [30, 30],
      [30, 30],
    ])
    expect(turns.filter((one) => one > 0)).toEqual([30, 30, 30, 30])
  })
})

describe('sorting in pieces', () => {
  it('gives what sorting at once gives, and leaves what is equal in its order', () => {
    const one = fc.record({ key: fc.nat(50), mark: fc.nat() })
    const list = fc.array(one, { maxLength: 5 * PIECE, size: 'max' })
    fc.assert(
      fc.property(list, (all) => {
        const steps = sorted(all, (a, b) => a.key - b.key)
        let pauses = 0
        let step = steps.next()
        for (; !step.done; step = steps.next()) pauses += 1
        expect(step.value).toEqual([...all].sort((a, b) => a.key - b.key))
        expect(pauses).toBeGreaterThanOrEqual(Math.floor((all.length - 1) / PIECE))
      }),
      { numRuns: 30 },
    )
  })

  it('takes turns with others', async () => {
    const all = Array.from({ length: 3 * PIECE }, (_, index) => -index)
    expect(await inTurns(sorted(all, (a, b) => a - b))).toEqual([...all].reverse())
  })
})
