// The same search over what a seed chooses: pairs of operations, and longer programs. Every pair comes up in some run of
// the deep command; a run of `npm test` takes some.

import { describe, expect, it } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import { longProgram, pairsOf } from './random-programs.js'
import { onlyProgram, Searches, seed } from './search-programs.js'

const PAIRS_MIN = 300
const PAIRS_TAKEN = Number(process.env.CENOTAPH_PAIRS ?? 20)
const PROGRAMS_TAKEN = Number(process.env.CENOTAPH_PROGRAMS ?? 4)
/** With the other suite's floor: 15,000. */
const STATES_MIN = 7_600

const canaries = new Canaries(seededRandom(6))
const random = seededRandom(seed)
const searches = new Searches(canaries)
const pairs = pairsOf(canaries)

describe('power loss in programs that a seed chooses', () => {
  it('knows the pairs of operations', () => {
    expect(pairs.length).toBeGreaterThan(PAIRS_MIN)
  })

  // Programs are made in the same order whatever is replayed: their texts follow from it.
  const chosen = Array.from({ length: PAIRS_TAKEN }, () =>
    pairs[Math.floor(random() * pairs.length)]!(),
  )
  const long = Array.from({ length: PROGRAMS_TAKEN }, () => longProgram(canaries, random))

  it.each(chosen)('pair: $name', (program) =>
    searches.run(program, { statesPerInstant: 10, recoveryStatesPerInstant: 1 }),
  )
  it.each(long)('program: $name', (program) =>
    searches.run(program, { statesPerInstant: 6, recoveryStatesPerInstant: 1 }),
  )

  it.runIf(onlyProgram === undefined)('was looked at in enough states', () => {
    searches.tell(`pairs (of ${pairs.length}) and longer programs`)
    expect(searches.states).toBeGreaterThan(STATES_MIN)
  })
})
