// Explores one program on a simulated machine, the engine's own ports between them, or ports that are broken on purpose.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  type ExploreReport,
  explore,
  type MachinePorts,
  newMachine,
  portsOf,
} from '@cenotaph/testing'
import { checkRecovered } from '../crash/check-after-crash.js'
import { allowedAfter, callOf, rehearseOn } from '../crash/rehearse.js'
import { storeOptions } from '../crash/template.js'
import type { Canaries } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
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

export async function exploreProgram(
  program: SimProgram,
  canaries: Canaries,
  { seed, replay, isOver, broken = (ports) => ports, ...limits }: SearchOptions,
): Promise<ExploreReport> {
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
      open: (ports) => openThreadStore('/store', { ...options, ...broken(ports) }),
      close: (store) => store.close(),
      program: calls.map((call) => ({ name: call[0], run: runOf(call) })),
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
