import { describe, expect, it } from 'vitest'
import { LINES_MAX, spansHold, spansOf, spansOfRanges } from './ordinal-spans.js'

describe('ordinals', () => {
  it('become spans that are sorted, apart, and of both ends included', () => {
    expect(spansOfRanges([9, { from: 3, to: 5 }, 4, 6, { from: 1, to: 1 }])).toEqual([
      { from: 1, to: 1 },
      { from: 3, to: 6 },
      { from: 9, to: 9 },
    ])
    expect(spansOf([2, 1, 7, 2])).toEqual([
      { from: 1, to: 2 },
      { from: 7, to: 7 },
    ])
  })

  it('are held by their spans and by no other', () => {
    const spans = spansOfRanges([1, { from: 3, to: 6 }, 9])
    const held = Array.from({ length: 12 }, (_, ordinal) => ordinal).filter((one) =>
      spansHold(spans, one),
    )
    expect(held).toEqual([1, 3, 4, 5, 6, 9])
    expect(spansHold([], 0)).toBe(false)
  })

  it('have a limit', () => {
    expect(spansOfRanges([{ from: 1, to: LINES_MAX }])).toHaveLength(1)
    expect(() => spansOfRanges([{ from: 0, to: LINES_MAX }])).toThrow('100,000')
  })
})
