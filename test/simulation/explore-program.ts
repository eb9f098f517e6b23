// Explores one program on a simulated machine, the engine's own ports between them, or ports that are broken on purpose.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  type ExploreReport,
  explore,
  type MachinePorts,
  newMachine,
  portsOf,
  type SimClock,
} from '@cenotaph/testing'
import { checkRecovered } from '../crash/check-after-crash.js'
import { allowedAfter, callOf, keepsNothing, rehearseOn } from '../crash/rehearse.js'
import { storeOptions } from '../crash/template.js'
import type { Canaries } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import type { Survey } from '../support/survey.js'
import type { SimProgram } from './programs.js'
import { scanMachine } from './scan-machine.js'

export interface SearchOptions {
  readonly seed: number
  readonly replay?: string | undefined
  readonly statesPerInstant?: number
  readonly recoveryStatesPerInstant?: number
  readonly isOver?: () => boolean
  /** What stands between the engine and the machine; nothing by default. */
  readonly broken?: (ports: MachinePorts) => MachinePorts
}

const nothingKnown: ReadonlySet<string> = new Set()

const runOf =
  ([method, ...args]: Call) =>
  (store: ThreadStore): Promise<unknown> =>
    callOf(store, method, args)

/** Opens the program's store. `sweepLater` is one more verb: it lets time pass, then sweeps. */
async function openOn(
  { options = {}, participants = [] }: SimProgram,
  ports: MachinePorts,
): Promise<ThreadStore> {
  const store = await openThreadStore('/store', {
    ...storeOptions,
    ...options,
    ...ports,
    participants: participants.map(keepsNothing),
  })
  return Object.assign(store, {
    async sweepLater(ms: number): Promise<void> {
      pass(ports, ms)
      await store.sweep()
    },
  })
}

const pass = ({ clock }: MachinePorts, ms: number): void => (clock as SimClock).advance(ms)

export async function exploreProgram(
  program: SimProgram,
  canaries: Canaries,
  { seed, replay, isOver, broken = (ports) => ports, ...limits }: SearchOptions,
): Promise<ExploreReport> {
  const calls = [...program.setUp, ...program.program]
  const from = program.setUp.length
  const quiet = portsOf(newMachine(), (_effect, _where, run) => run())
  const { reopenedMsLater = 0 } = program
  // What every opening after a crash does by itself, where it comes later than the dates that were set.
  const later: Call[] = reopenedMsLater > 0 ? [['sweepLater', reopenedMsLater]] : []
  const rehearsal = await rehearseOn(
    await openOn(program, quiet),
    { program: [...calls, ...later] },
    nothingKnown,
  )
  const atOpening = (survey: Survey): Survey =>
    later.length > 0 && Object.values(survey).includes('scheduled')
      ? rehearsal.surveys.at(-1)!
      : survey
  const durable = (acknowledged: number): number =>
    from + (program.durable?.(acknowledged - from) ?? acknowledged - from)
  let openings = 0
  return explore<ThreadStore>(
    {
      open(ports) {
        openings += 1
        if (openings > 1) pass(ports, reopenedMsLater)
        return openOn(program, broken(ports))
      },
      close: (store) => store.close(),
      program: calls.map((call) => ({ name: call[0], run: runOf(call) })),
      async check(store, { acknowledged, machine }) {
        const allowed = allowedAfter({ durable }, rehearsal.surveys, acknowledged)
        await checkRecovered(store, scanMachine(machine), {
          allowed: allowed.map(atOpening),
          surveys: rehearsal.surveys,
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
      statesPerInstant: program.statesPerInstant ?? limits.statesPerInstant ?? 12,
      recoveryStatesPerInstant: limits.recoveryStatesPerInstant ?? 2,
      ...(replay === undefined ? {} : { replay }),
      ...(isOver === undefined ? {} : { isOver }),
    },
  )
}

/** The line that replays a failure. */
export const replayLine = (program: SimProgram, seed: number, replay: string): string =>
  `CENOTAPH_SEED=${seed} CENOTAPH_REPLAY='${program.name}:${replay}' npx vitest run test/simulation`
