// Explores one program on a simulated machine, the engine's own ports between them, or ports that are broken on purpose.

import { crc32 } from 'node:zlib'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import {
  type AroundMachine,
  type ExploreReport,
  explore,
  fingerprintOf,
  type MachinePorts,
  newMachine,
  portsOf,
  type SimClock,
} from '@cenotaph/testing'
import { expect } from 'vitest'
import { checkRecovered } from '../crash/check-after-crash.js'
import {
  allowedAfter,
  callOf,
  keepsNothing,
  type Rehearsal,
  rehearseOn,
} from '../crash/rehearse.js'
import { storeOptions } from '../crash/template.js'
import type { Canaries } from '../support/canary.js'
import type { Call } from '../support/run-child.js'
import { type Survey, surveyStore } from '../support/survey.js'
import type { Break } from './broken-ports.js'
import type { SimProgram } from './programs.js'
import './remembered-keys.js'
import { scanMachine } from './scan-machine.js'

export interface SearchOptions {
  readonly seed: number
  readonly replay?: string | undefined
  readonly statesPerInstant?: number
  readonly recoveryStatesPerInstant?: number
  readonly isOver?: () => boolean
  /** What stands between the engine and the machine; nothing by default. */
  readonly broken?: Break
  /** The one of the sources by default. */
  readonly engine?: Engine
  /** The search ends with so many failures. */
  readonly failuresMax?: number
}

export type Engine = typeof openThreadStore

const nothingKnown: ReadonlySet<string> = new Set()
/**
 * Many crashes recover to the same machine, byte for byte. Each is asked what it holds; everything else is asked of the
 * first one and of one in so many others.
 */
const CHECKED_AGAIN_OF = 16
/** One recovered store of so many is closed, opened once more, and must be the same. */
const CLOSED_OF = 16
const undisturbed: AroundMachine = (_effect, _where, run) => run()

const runOf =
  ([method, ...args]: Call) =>
  (store: ThreadStore): Promise<unknown> =>
    callOf(store, method, args)

/** Opens the program's store. `sweepLater` is one more verb: it lets time pass, then sweeps. */
async function openOn(
  { options = {}, participants = [] }: SimProgram,
  ports: MachinePorts,
  engine: Engine = openThreadStore,
): Promise<ThreadStore> {
  const store = await engine('/store', {
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

const callsOf = ({ setUp, program }: SimProgram): Call[] => [...setUp, ...program]

/** Runs a program to its end, and looks at the store behind every call. */
export async function rehearseProgram(program: SimProgram, engine?: Engine): Promise<Rehearsal> {
  const { reopenedMsLater = 0 } = program
  // What every opening after a crash does by itself, where it comes later than the dates that were set.
  const later: Call[] = reopenedMsLater > 0 ? [['sweepLater', reopenedMsLater]] : []
  return rehearseOn(
    await openOn(program, portsOf(newMachine(), undisturbed), engine),
    { program: [...callsOf(program), ...later] },
    nothingKnown,
  )
}

export async function exploreProgram(
  program: SimProgram,
  canaries: Canaries,
  { seed, replay, isOver, broken = (ports) => ports, engine, ...limits }: SearchOptions,
): Promise<ExploreReport> {
  const calls = callsOf(program)
  const from = program.setUp.length
  const { reopenedMsLater = 0 } = program
  const later = reopenedMsLater > 0
  const rehearsal = await rehearseProgram(program)
  // Ids that no thread of the program ever has are asked for by the lists alone.
  const ids = Object.keys(rehearsal.surveys[0]!).filter((id) =>
    rehearsal.surveys.some((survey) => survey[id] !== null),
  )
  const surveys = rehearsal.surveys.map(
    (survey): Survey => Object.fromEntries(ids.map((id) => [id, survey[id]!])),
  )
  const atOpening = (survey: Survey): Survey =>
    later && Object.values(survey).includes('scheduled') ? surveys.at(-1)! : survey
  const durable = (acknowledged: number): number =>
    from + (program.durable?.(acknowledged - from) ?? acknowledged - from)
  /** Recovered machines that everything was asked of, by what they hold. */
  const checked = new Set<string>()
  let openings = 0
  let begun = from === 0
  const isSearching = (): boolean => begun
  let first: ThreadStore | undefined
  const reopened = (ports: MachinePorts): Promise<ThreadStore> => {
    pass(ports, reopenedMsLater)
    return openOn(program, broken(ports, isSearching), engine)
  }
  return explore<ThreadStore>(
    {
      async open(ports) {
        openings += 1
        if (openings > 1) return reopened(ports)
        first = await openOn(program, broken(ports, isSearching), engine)
        return first
      },
      // A store that was looked at is dropped with its machine, unless the check closes it.
      close: async (store) => {
        if (store === first) await store.close()
      },
      program: calls.map((call, index) => ({
        name: call[0],
        run(engine) {
          begun ||= index >= from
          return runOf(call)(engine)
        },
      })),
      async check(store, { acknowledged, machine, place }) {
        const allowed = allowedAfter({ durable }, surveys, acknowledged).map(atOpening)
        const recovered = `${acknowledged} ${fingerprintOf(machine)}`
        if (checked.has(recovered) && crc32(place) % CHECKED_AGAIN_OF !== 0) {
          expect(allowed).toContainEqual(await surveyStore(store, ids))
          return
        }
        checked.add(recovered)
        await checkRecovered(
          store,
          scanMachine(machine),
          {
            allowed,
            surveys,
            lines: nothingKnown,
            tokens: canaries.tokens,
            lingering: rehearsal.lingering,
            mayReport: ['BACKUP_UNFINISHED'],
          },
          ids,
        )
        if (crc32(place) % CLOSED_OF !== 0) return
        const before = await surveyStore(store, ids)
        await store.close()
        const again = await reopened(portsOf(machine, undisturbed))
        expect(await surveyStore(again, ids)).toEqual(before)
      },
    },
    {
      machine: newMachine(),
      from,
      seed,
      statesPerInstant: program.statesPerInstant ?? limits.statesPerInstant ?? 24,
      recoveryStatesPerInstant: limits.recoveryStatesPerInstant ?? 2,
      ...(limits.failuresMax === undefined ? {} : { failuresMax: limits.failuresMax }),
      ...(replay === undefined ? {} : { replay }),
      ...(isOver === undefined ? {} : { isOver }),
    },
  )
}

/** The line that replays a failure. */
export const replayLine = (program: SimProgram, seed: number, replay: string): string =>
  `CENOTAPH_SEED=${seed} CENOTAPH_REPLAY='${program.name}:${replay}' npx vitest run test/simulation`
