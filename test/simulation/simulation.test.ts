// The engine on a simulated machine: at every effect of every operation the power goes, and every state in which disk
// and database may come back is recovered and compared; then the power goes in the recovery as well. A failure prints
// the line that replays it.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { type ExploreReport, explore, newMachine, portsOf } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { checkRecovered } from '../crash/check-after-crash.js'
import { allowedAfter, rehearseOn } from '../crash/rehearse.js'
import { storeOptions } from '../crash/template.js'
import { Canaries, seededRandom } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import { programsOf, type SimProgram } from './programs.js'
import { scanMachine } from './scan-machine.js'

const seed = Number(process.env.CENOTAPH_SEED ?? 1)
/** `<program>:<replay>`, as a failure prints it. */
const [onlyProgram, replay] = process.env.CENOTAPH_REPLAY?.split(':') ?? []
const STATES_MIN = 2_000

const canaries = new Canaries(seededRandom(4))
const programs = programsOf(canaries)
const reports = new Map<string, ExploreReport>()
const nothingKnown: ReadonlySet<string> = new Set()

const callOf =
  ([method, ...args]: Call) =>
  async (store: ThreadStore): Promise<unknown> => {
    const run = store[method as 'appendItems'] as (...given: unknown[]) => Promise<unknown>
    return run.apply(store, args)
  }

async function exploreProgram(program: SimProgram): Promise<ExploreReport> {
  const options = { ...storeOptions, ...program.options }
  const calls = [...program.setUp, ...program.program]
  const from = program.setUp.length
  const quiet = portsOf(newMachine(), (_effect, _where, run) => run())
  const rehearsal = await rehearseOn(
    await openThreadStore('/store', { ...options, ...quiet }),
    { program: calls },
    nothingKnown,
  )
  const durable = (acknowledged: number): number =>
    from + (program.durable?.(acknowledged - from) ?? acknowledged - from)
  return explore<ThreadStore>(
    {
      open: (ports) => openThreadStore('/store', { ...options, ...ports }),
      close: (store) => store.close(),
      program: calls.map((call) => ({ name: call[0], run: callOf(call) })),
      async check(store, { acknowledged, machine }) {
        await checkRecovered(store, scanMachine(machine), {
          allowed: allowedAfter({ durable }, rehearsal.surveys, acknowledged),
          lines: nothingKnown,
          tokens: canaries.tokens,
          lingering: rehearsal.lingering,
          mayReport: ['BACKUP_UNFINISHED'],
        })
      },
    },
    {
      machine: newMachine(),
      from,
      seed,
      statesPerInstant: program.statesPerInstant ?? 12,
      ...(replay === undefined ? {} : { replay }),
    },
  )
}

describe('power loss at every effect', () => {
  it.each(programs.filter(({ name }) => onlyProgram === undefined || name === onlyProgram))(
    '$name',
    async (program) => {
      const report = await exploreProgram(program)
      reports.set(program.name, report)
      const told = report.failures.map(
        (one) =>
          `CENOTAPH_SEED=${seed} CENOTAPH_REPLAY='${program.name}:${one.replay}' (${one.at}): ${one.error}`,
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
