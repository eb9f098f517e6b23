// Kills a process at every named instant of every operation, and then kills recovery at every instant that it passes.
// After reopening, the operation is whole or absent, and what was acknowledged is whole.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { crashPoints, openThreadStore } from '@cenotaph/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Canaries, seededRandom, tokensIn } from '../support/canary.js'
import { type ChildRun, inParallel, runChild } from '../support/run-child.js'
import { type Survey, surveyStore } from '../support/survey.js'
import { copyRoot, removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { checkAfterCrash, type Expected } from './check-after-crash.js'
import { type Scenario, scenariosOf } from './scenarios.js'
import { allIds, buildTemplate, storeOptions, type Template } from './template.js'

const WORKERS = 2
const KILLS_MIN = 170
const RECOVERY_KILLS_MIN = 60

type Kill = NonNullable<Parameters<typeof runChild>[0]['kill']>

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
  scenarios = scenariosOf(template, canaries)
})
afterAll(() => removeFolder(folder))

function freshCopy(): string {
  copies += 1
  const root = path.join(folder, `copy-${copies}`)
  mkdirSync(root)
  copyRoot(template.root, root)
  return root
}

const optionsOf = (scenario: Scenario) => ({ ...storeOptions, ...scenario.options })

/** The program in one go, looked at after every call: what the crashed ones are compared with. */
async function rehearse(
  scenario: Scenario,
): Promise<{ surveys: Survey[]; lingering: Set<string> }> {
  const root = freshCopy()
  const store = await openThreadStore(root, optionsOf(scenario))
  const look = () => surveyStore(store, allIds, template.lines)
  const surveys = [await look()]
  for (const [method, ...args] of scenario.program) {
    if (method === 'close') {
      surveys.push(surveys.at(-1)!)
      continue
    }
    const call = store[method as 'appendItems'] as (...given: unknown[]) => Promise<unknown>
    await call.apply(store, args)
    surveys.push(await look())
  }
  await store.close()
  removeFolder(root)
  return { surveys, lingering: formerNames(surveys) }
}

/** A name that a living thread no longer has stays in the thread's own events. */
function formerNames(surveys: readonly Survey[]): Set<string> {
  const names = surveys.flatMap((survey) =>
    Object.entries(survey).flatMap(([id, thread]) =>
      thread && thread !== 'deleted' && surveys.at(-1)![id] !== 'deleted' ? [thread.name] : [],
    ),
  )
  return tokensIn(names.join(' '))
}

function instantsOf(run: ChildRun, from: number): Kill[] {
  const hits = new Map<string, number>()
  return run.instants.flatMap(({ point, acknowledged }) => {
    const hit = (hits.get(point) ?? 0) + 1
    hits.set(point, hit)
    return acknowledged < from ? [] : [{ point, hit }]
  })
}

interface Crashed {
  readonly scenario: Scenario
  readonly kill: Kill
  readonly then?: Kill
  readonly expected: Omit<Expected, 'allowed'> & { readonly surveys: readonly Survey[] }
}

async function crashOnce({ scenario, kill, then, expected }: Crashed): Promise<void> {
  const root = freshCopy()
  const { program, durable = (acknowledged) => acknowledged } = scenario
  const options = optionsOf(scenario)
  try {
    const { acknowledged } = await runChild({ root, program, options, kill })
    if (then) await runChild({ root, program: [], options, armed: 'open', kill: then })
    const { surveys, ...rest } = expected
    const allowed = surveys.slice(durable(acknowledged), acknowledged + 2)
    await checkAfterCrash(root, { ...rest, allowed })
  } catch (error) {
    const at = then ? `${instantText(kill)}, then at ${instantText(then)}` : instantText(kill)
    throw new Error(`${scenario.name}, killed at ${at}`, { cause: error })
  }
  removeFolder(root)
}

const instantText = ({ point, hit }: Kill): string => `${point} (hit ${hit})`

/** What recovery passes after a first kill. */
async function instantsOfRecovery(scenario: Scenario, kill: Kill): Promise<Kill[]> {
  const root = freshCopy()
  const options = optionsOf(scenario)
  await runChild({ root, program: scenario.program, options, kill })
  const run = await runChild({ root, program: [], options, armed: 'open' })
  removeFolder(root)
  return instantsOf(run, 0)
}

describe('a process that is killed', () => {
  it('leaves every operation whole or absent, at every instant', async () => {
    const crashes: Crashed[] = []
    await inParallel(scenarios, WORKERS, async (scenario) => {
      const { surveys, lingering } = await rehearse(scenario)
      expect(JSON.stringify(surveys.at(-1))).not.toBe(JSON.stringify(surveys[0]))
      const root = freshCopy()
      const { program, from = 0 } = scenario
      const run = await runChild({ root, program, options: optionsOf(scenario) })
      removeFolder(root)
      expect(run.acknowledged).toBe(program.length)
      const expected = { surveys, lingering, lines: template.lines, tokens: canaries.tokens }
      const instants = instantsOf(run, from)
      for (const kill of instants) crashes.push({ scenario, kill, expected })
      for (const point of scenario.recoverAfter ?? []) {
        const kill = instants.find((instant) => instant.point === point)
        if (!kill) throw new Error(`${scenario.name} never passes ${point}`)
        for (const then of await instantsOfRecovery(scenario, kill)) {
          crashes.push({ scenario, kill, then, expected })
        }
      }
    })
    const failures: unknown[] = []
    await inParallel(crashes, WORKERS, async (crash) => {
      await crashOnce(crash).catch((error: unknown) => failures.push(error))
      reached.add(crash.kill.point)
      if (crash.then) recoveryKills += 1
      else kills += 1
    })
    if (failures.length > 0) throw new Error(describeFailures(failures), { cause: failures[0] })
  })

  it('was killed at every instant that the engine names, often enough', () => {
    expect(crashPoints.filter((point) => !reached.has(point))).toEqual([])
    console.info(`crash points: ${kills} kills, ${recoveryKills} of recovery`)
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
