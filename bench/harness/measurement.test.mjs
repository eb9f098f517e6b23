import { describe, expect, it } from 'vitest'
import { measurementOf } from './measurement.mjs'
import { interleave } from './rounds.mjs'
import { quantile, spreadOf } from './statistics.mjs'

describe('rounds', () => {
  it('have every side once in each, in an order that turns', async () => {
    /** @type {string[]} */
    const order = []
    const sides = ['a', 'b', 'c'].map((name) => ({
      name,
      measure: async (/** @type {number} */ round) => {
        order.push(name + round)
        return round
      },
    }))
    const measured = await interleave(sides, 4)
    expect(order.join(' ')).toBe('a0 b0 c0 b1 c1 a1 c2 a2 b2 a3 b3 c3')
    expect([...measured.values()]).toEqual([
      [0, 1, 2, 3],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ])
  })
})

describe('a ratio', () => {
  const about = { name: 'one', title: 'one', unit: 'ms' }

  it('is that of the two sides in the same round, and above 1 where the subject is better', () => {
    const sides = [
      { name: 'cenotaph', rounds: [2, 20, 4] },
      { name: 'peer', rounds: [4, 40, 2] },
    ]
    const [less] = measurementOf({ ...about, better: 'less', sides }).ratios
    expect(less).toMatchObject({ against: 'peer', rounds: [2, 2, 0.5], median: 2, lowest: 0.5 })
    const [more] = measurementOf({ ...about, better: 'more', sides }).ratios
    expect(more?.rounds).toEqual([0.5, 0.5, 2])
  })

  it('of a published figure is against the one value in every round', () => {
    const { ratios } = measurementOf({
      ...about,
      better: 'less',
      sides: [
        { name: 'cenotaph', rounds: [2, 5] },
        { name: 'peer', rounds: [10], published: 'elsewhere' },
      ],
    })
    expect(ratios[0]?.rounds).toEqual([5, 2])
  })

  it('is not made of rounds that have no other side', () => {
    const sides = [
      { name: 'cenotaph', rounds: [1, 2] },
      { name: 'peer', rounds: [1] },
    ]
    expect(() => measurementOf({ ...about, better: 'less', sides })).toThrow()
  })

  it('is not made of counts', () => {
    const sides = [
      { name: 'cenotaph', rounds: [0] },
      { name: 'peer', rounds: [500] },
    ]
    const { ratios } = measurementOf({ ...about, better: 'less', counted: true, sides })
    expect(ratios).toEqual([])
  })
})

describe('a spread', () => {
  it('has the middle, the ends and the quartiles', () => {
    expect(spreadOf([9, 1, 5, 3, 7])).toEqual({
      rounds: [9, 1, 5, 3, 7],
      median: 5,
      lowest: 1,
      highest: 9,
      quartiles: [3, 7],
    })
    expect(quantile([1, 2], 0.5)).toBe(1.5)
    expect(() => spreadOf([])).toThrow()
  })
})
