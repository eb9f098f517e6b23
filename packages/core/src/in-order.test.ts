import { describe, expect, it } from 'vitest'
import { inOrder } from './in-order.js'

async function* numbers(count: number): AsyncGenerator<number> {
  for (let n = 0; n < count; n += 1) yield n
}

/** Work that ends when it is told to, the latest first. */
function work() {
  let underWay = 0
  let most = 0
  const run = async (n: number): Promise<number> => {
    underWay += 1
    most = Math.max(most, underWay)
    for (let turn = 0; turn < 5 - (n % 5); turn += 1)
      await new Promise((resolve) => setImmediate(resolve))
    underWay -= 1
    if (n === 7) throw new Error('seven')
    return n * 10
  }
  return { run, most: () => most, underWay: () => underWay }
}

describe('working ahead', () => {
  it('keeps the order and the bound, and lets what is too heavy run alone', async () => {
    for (const [weight, expected] of [
      [1, 4],
      [2, 2],
      [9, 1],
    ] as const) {
      const { run, most } = work()
      const results: number[] = []
      const bounds = { weightMax: 4, weightOf: () => weight }
      for await (const result of inOrder(numbers(7), bounds, run)) results.push(result)
      expect(results).toEqual([0, 10, 20, 30, 40, 50, 60])
      expect(most()).toBe(expected)
    }
  })

  it('tells of a failure in its turn, and leaves nothing under way', async () => {
    const { run, underWay } = work()
    const results: number[] = []
    const reading = async () => {
      for await (const result of inOrder(numbers(20), { weightMax: 6, weightOf: () => 1 }, run))
        results.push(result)
    }
    await expect(reading()).rejects.toThrow('seven')
    expect(results).toEqual([0, 10, 20, 30, 40, 50, 60])
    expect(underWay()).toBe(0)
  })

  it('ends with its caller', async () => {
    const { run, underWay } = work()
    for await (const _ of inOrder(numbers(20), { weightMax: 6, weightOf: () => 1 }, run)) break
    expect(underWay()).toBe(0)
  })
})
