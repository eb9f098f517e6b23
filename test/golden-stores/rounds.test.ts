// Rounds and parts take every bit, and none of them twice.

import { describe, expect, it } from 'vitest'
import { everyFlip, flipName } from './flips.js'
import { rootOf } from './golden.js'
import { ownerOf, partOf, roundName, roundNamed, roundsOf } from './rounds.js'

const golden = rootOf('v1', 'settled')
const all = everyFlip(golden)

describe('the rounds of all bits', () => {
  const rounds = roundsOf(all)
  const names = rounds.flatMap(({ flips }) => flips.map(flipName))

  it('have each of them once, in fewer rounds than bits', () => {
    expect(names).toHaveLength(all.length)
    expect(new Set(names).size).toBe(all.length)
    expect(rounds.length).toBeLessThan(all.length * 0.8)
  })

  it('have one bit of an owner at most', () => {
    const crowded = rounds.filter(({ flips }) => {
      const owners = flips.map((flip) => ownerOf(flip) ?? flip.file)
      return new Set(owners).size < owners.length
    })
    expect(crowded).toEqual([])
  })

  it('are read again as they were written', () => {
    for (const round of rounds.slice(-40))
      expect(roundNamed(golden, roundName(round))).toEqual(round)
    for (const wrong of ['', 'at rest', 'at rest + nowhere:1.2', 'asleep + a:1.2'])
      expect(() => roundNamed(golden, wrong), wrong).toThrow()
  })
})

describe('parts', () => {
  it('share no bit, and together are all', () => {
    const parts = [1, 2, 3].map((n) => partOf(all, `${n}/3`))
    expect(parts.every((part) => part.length > 0)).toBe(true)
    expect(new Set(parts.flat().map(flipName)).size).toBe(all.length)
    expect(parts.flat()).toHaveLength(all.length)
    for (const wrong of ['0/3', '4/3', '3', '1/0', 'a/b'])
      expect(() => partOf(all, wrong), wrong).toThrow()
  })
})
