// The engine on a simulated machine: at every effect of every operation the power goes, and the states in which disk
// and database may come back are recovered and compared; then the power goes in the recovery as well. A failure prints
// the line that replays it.

import { describe, expect, it } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import { programsOf } from './programs.js'
import { onlyProgram, Searches } from './search-programs.js'

const STATES_MIN = 7_400

const canaries = new Canaries(seededRandom(4))
const searches = new Searches(canaries)

describe('power loss at every effect', () => {
  it.each(programsOf(canaries))('$name', (program) => searches.run(program))

  it.runIf(onlyProgram === undefined)('was looked at in enough states', () => {
    searches.tell('programs')
    expect(searches.states).toBeGreaterThan(STATES_MIN)
  })
})
