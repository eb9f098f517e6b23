// The engine on a simulated machine: at every effect of every operation the power goes, and every state in which disk
// and database may come back is recovered and compared; then the power goes in the recovery as well. A failure prints
// the line that replays it.

import type { ExploreReport } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import { exploreProgram, replayLine } from './explore-program.js'
import { programsOf } from './programs.js'

const seed = Number(process.env.CENOTAPH_SEED ?? 1)
/** `<program>:<replay>`, as a failure prints it. */
const [onlyProgram, replay] = process.env.CENOTAPH_REPLAY?.split(':') ?? []
const STATES_MIN = 2_000

const canaries = new Canaries(seededRandom(4))
const programs = programsOf(canaries)
const reports = new Map<string, ExploreReport>()
describe('power loss at every effect', () => {
  it.each(programs.filter(({ name }) => onlyProgram === undefined || name === onlyProgram))(
    '$name',
    async (program) => {
      const report = await exploreProgram(program, canaries, { seed, replay })
      reports.set(program.name, report)
      const told = report.failures.map(
        (one) => `${replayLine(program, seed, one.replay)} (${one.at}): ${one.error}`,
      )
      expect(told).toEqual([])
    },
  )

  it.runIf(onlyProgram === undefined)('was looked at in enough states', () => {
    const sum = (of: (report: ExploreReport) => number): number =>
      [...reports.values()].reduce((total, report) => total + of(report), 0)
    const states = sum((report) => report.states)
    const recoveries = sum((report) => report.recoveryStates)
    console.info(
      `simulated power loss: ${states} states (${recoveries} of them in recoveries), ${programs.length} programs, seed ${seed}`,
    )
    expect(states).toBeGreaterThan(STATES_MIN)
  })
})
