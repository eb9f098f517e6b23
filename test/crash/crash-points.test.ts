// Kills a process at every named instant of every operation, and then kills recovery at instants that it passes: a
// seeded choice of both, in which every name is, or all of them.
// After reopening, the operation is whole or absent, and what was acknowledged is whole.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { crashPoints } from '@cenotaph/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Canaries, seededRandom, shuffled } from '../support/canary.js'
import { kills as known } from '../support/regressions.js'
import { type ChildRun, inParallel, runChild } from '../support/run-child.js'
import type { Survey } from '../support/survey.js'
import { copyRoot, removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { checkAfterCrash, type Expected } from './check-after-crash.js'
import {
  allowedAfter,
  type Instant,
  instantsOf,
  instantText,
  optionsOf,
  rehearse,
} from './rehearse.js'
import { type Scenario, scenariosOf } from './scenarios.js'
import { buildTemplate, type Template } from './template.js'

const WORKERS = 2
/** So many kills at each instant that has a name; `all` takes every one of every program, which is several minutes. */
const asked = process.env.CENOTAPH_KILLS ?? '1'
const KILLS_A_POINT = asked === 'all' ? Number.POSITIVE_INFINITY : Number(asked)
const RECOVERY_KILLS = 2 * KILLS_A_POINT
const KILLS_MIN = 105
const RECOVERY_KILLS_MIN = 30
/** Half a minute on two idle cores; nothing here depends on how long it takes. */
const TIMEOUT_MS = 3_600_000
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_401)
const random = seededRandom(seed)

type Kill = Instant

let folder: string
let template: Template
let scenarios: readonly Scenario[]
let canaries: Canaries
const reached = new Set<string>()
let kills = 0
let recoveryKills = 0
let copies = 0

beforeAll(async () => {
  folder = temporaryFolder()
  canaries = new Canaries(seededRandom(1))
  template = await buildTemplate(folder, canaries)
  // One scenario by a part of its name, while it is worked on; the counts below are of all of them.
  const named = process.env.CENOTAPH_SCENARIO ?? ''
  scenarios = scenariosOf(template, canaries).filter(({ name }) => name.includes(named))
})
afterAll(() => removeFolder(folder))

function freshCopy(of = template.root): string {
  copies += 1
  const root = path.join(folder, `copy-${copies}`)
  mkdirSync(root)
  copyRoot(of, root)
  return root
}

/** A store whose process was killed, and what it may look like once it is opened again. */
interface Crashed {
  readonly root: string
  readonly allowed: readonly Survey[]
}

async function killProgram(
  scenario: Scenario,
  surveys: readonly Survey[],
  kill: Kill,
): Promise<Crashed> {
  const root = freshCopy()
  const { program } = scenario
  const { acknowledged } = await killAt({ root, program, options: optionsOf(scenario), kill })
  return { root, allowed: allowedAfter(scenario, surveys, acknowledged) }
}

/** Runs a child and makes sure that it died where it should. */
async function killAt(job: Parameters<typeof runChild>[0] & { kill: Kill }): Promise<ChildRun> {
  const run = await runChild(job)
  const died = run.programMs === undefined && run.instants.at(-1)?.point === job.kill.point
  if (!died) throw new Error(`the child never passed ${instantText(job.kill)}`)
  return run
}

/** Crashes, recovers and looks. `expected` says what holds besides the allowed surveys. */
async function checkCrash(
  name: string,
  at: readonly Kill[],
  expected: Omit<Expected, 'allowed'>,
  crash: () => Promise<Crashed>,
): Promise<void> {
  try {
    const { root, allowed } = await crash()
    await checkAfterCrash(root, { ...expected, allowed })
    removeFolder(root)
  } catch (cause) {
    throw new Error(`${name}, killed at ${at.map(instantText).join(', then at ')}`, { cause })
  }
}

/** Kills the recovery of a crashed store too; the crashed store itself stays as it is. */
async function killRecovery(
  { root: crashed, allowed }: Crashed,
  options: Readonly<Record<string, unknown>>,
  kill: Kill,
): Promise<Crashed> {
  const root = freshCopy(crashed)
  await killAt({ root, program: [], options, armed: 'open', kill })
  return { root, allowed }
}

/** What the recovery of a crashed store passes. */
async function instantsOfRecovery(
  crashed: Crashed,
  options: Readonly<Record<string, unknown>>,
): Promise<Kill[]> {
  const root = freshCopy(crashed.root)
  const run = await runChild({ root, program: [], options, armed: 'open' })
  removeFolder(root)
  return instantsOf(run, 0)
}

type Check = () => Promise<void>

interface Crashes {
  /** Kills of the program, by the instant's name. */
  readonly kills: readonly {
    readonly point: string
    /** It has failed before. */
    readonly isKnown: boolean
    readonly check: Check
  }[]
  readonly recoveryKills: readonly Check[]
}

/** Every crash of one scenario, as checks that can run in any order. */
async function crashesOf(scenario: Scenario): Promise<Crashes> {
  const { name, program, from = 0 } = scenario
  const place = freshCopy()
  const { surveys, lingering } = await rehearse(scenario, place, template.lines)
  removeFolder(place)
  expect(JSON.stringify(surveys.at(-1))).not.toBe(JSON.stringify(surveys[0]))
  const options = optionsOf(scenario)
  const root = freshCopy()
  const run = await runChild({ root, program, options })
  removeFolder(root)
  expect(run.acknowledged).toBe(program.length)
  const expected = { lingering, surveys, lines: template.lines, tokens: canaries.tokens }
  const crash = (kill: Kill) => killProgram(scenario, surveys, kill)
  const instants = instantsOf(run, from)
  const inProgram = instants.map((kill) => ({
    point: kill.point,
    isKnown: isKnown(name, kill),
    check: async () => {
      reached.add(kill.point)
      kills += 1
      await checkCrash(name, [kill], expected, () => crash(kill))
    },
  }))
  const inRecovery: Check[] = []
  for (const point of scenario.recoverAfter ?? []) {
    const first = instants.find((instant) => instant.point === point)
    if (!first) throw new Error(`${name} never passes ${point}`)
    const crashed = await crash(first)
    for (const kill of sampled(await instantsOfRecovery(crashed, options), RECOVERY_KILLS)) {
      inRecovery.push(async () => {
        recoveryKills += 1
        await checkCrash(name, [first, kill], expected, () => killRecovery(crashed, options, kill))
      })
    }
  }
  return { kills: inProgram, recoveryKills: inRecovery }
}

const isKnown = (name: string, { point, hit }: Kill): boolean =>
  known.some((one) => one.scenario === name && one.point === point && one.hit === hit)

/** A seeded choice, in the order of a shuffle. */
const sampled = <T>(all: readonly T[], most: number): T[] => shuffled(all, random).slice(0, most)

/** What has failed before, and every instant that has a name, each in some of the programs that pass it. */
function chosenOf(crashes: readonly Crashes[]): Check[] {
  const taken = new Map<string, number>()
  const all = sampled(
    crashes.flatMap((one) => one.kills),
    Number.POSITIVE_INFINITY,
  )
  const first = all.filter((kill) => kill.isKnown)
  const chosen = all.filter(({ point, isKnown }) => {
    if (isKnown) return false
    const before = taken.get(point) ?? 0
    taken.set(point, before + 1)
    return before < KILLS_A_POINT
  })
  return [
    ...[...first, ...chosen].map(({ check }) => check),
    ...crashes.flatMap((one) => one.recoveryKills),
  ]
}

describe('a process that is killed', () => {
  it(
    'leaves every operation whole or absent, at every instant',
    async () => {
      const crashes: Crashes[] = []
      await inParallel(scenarios, WORKERS, async (scenario) => {
        crashes.push(await crashesOf(scenario))
      })
      const checks = chosenOf(crashes)
      const failures: unknown[] = []
      await inParallel(checks, WORKERS, async (check) => {
        await check().catch((error: unknown) => failures.push(error))
      })
      if (failures.length > 0) throw new Error(describeFailures(failures), { cause: failures[0] })
    },
    TIMEOUT_MS,
  )

  it('was killed at every instant that the engine names, often enough', () => {
    expect(crashPoints.filter((point) => !reached.has(point))).toEqual([])
    console.info(`crash points: ${kills} kills, ${recoveryKills} of recovery, seed ${seed}`)
    expect(kills).toBeGreaterThanOrEqual(KILLS_MIN)
    expect(recoveryKills).toBeGreaterThanOrEqual(RECOVERY_KILLS_MIN)
  })
})

function describeFailures(failures: readonly unknown[]): string {
  const texts = failures.map((failure) => {
    const { message, cause } = failure as Error
    return `${message}: ${cause instanceof Error ? cause.message : String(cause)}`
  })
  return `${failures.length} crashes left something wrong:\n${texts.slice(0, 20).join('\n')}`
}
