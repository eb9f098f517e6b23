// System calls of files fail under a store, or the process is killed as it enters one: the real disk, the real LevelDB,
// and the kernel's own answers, LevelDB's calls included, which no port can fail. Whatever fails, the process gets a
// typed error or a success, never an end by itself; the store that is opened afterwards has what was acknowledged, every
// operation whole or absent, the dead dead and without residue.
//
// `CENOTAPH_SYSCALLS=400` makes so many cases.

import { existsSync, mkdirSync, mkdtempSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkAfterCrash } from '../crash/check-after-crash.js'
import { allowedAfter, optionsOf, type Rehearsal, rehearse } from '../crash/rehearse.js'
import { type Scenario, scenariosOf } from '../crash/scenarios.js'
import { buildTemplate, ids, type Template } from '../crash/template.js'
import { Canaries, type Random, seededRandom, shuffled } from '../support/canary.js'
import { systemCalls } from '../support/regressions.js'
import { copyRoot, removeFolder } from '../support/temporary-folder.js'
import { message } from '../support/thread-ids.js'
import {
  type Family,
  families,
  familyNames,
  type Injection,
  injectionText,
  whyNotTraceable,
} from './strace.js'
import { TracedChild, type TracedRun } from './traced-child.js'

const CASES = Number(process.env.CENOTAPH_SYSCALLS ?? 90)
const CASES_MIN = 80
const EACH_FAMILY_MIN = 5
const KILLS_MIN = 8
const SCENARIOS = CASES > 200 ? Number.POSITIVE_INFINITY : 10
/** A recovery fails at one of so many first calls of a kind, where it makes as many. */
const RECOVERY_CALLS = 6
const TIMEOUT_MS = 24 * 3_600_000
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_401)

const faultsOf: Readonly<Record<Family, readonly string[]>> = {
  write: ['EIO', 'ENOSPC'],
  sync: ['EIO', 'ENOSPC'],
  unlink: ['EPERM', 'EIO', 'EBUSY'],
  rename: ['EIO', 'EPERM', 'ENOSPC'],
  open: ['EIO', 'EPERM', 'EMFILE'],
  link: ['EPERM', 'EIO', 'ENOSPC'],
  truncate: ['EIO', 'EPERM'],
}

/** In a folder in which there is nothing yet. */
const newStore: Scenario = {
  name: 'a new store',
  program: [
    ['createThread', { threadId: ids.created, cwd: '/work', name: 'first' }],
    ['appendItems', ids.created, [message('one')]],
    ['checkpoint'],
  ],
}

const place = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir()
const folder = mkdtempSync(path.join(place, 'cenotaph-syscalls-'))
const log = path.join(folder, 'strace.log')
const whyNot = await whyNotTraceable(log)

interface Place {
  readonly scenario: Scenario
  readonly armed: 'open' | 'program'
  readonly family: Family
  readonly call: string
  /** How often it is made there. */
  readonly count: number
}

describe(`system calls that fail${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  const random = seededRandom(seed)
  const canaries = new Canaries(seededRandom(4))
  const child = new TracedChild(log)
  const rehearsals = new Map<Scenario, Rehearsal>()
  let template: Template
  let copies = 0
  let recoveries = 0

  beforeAll(async () => {
    if (whyNot === undefined) template = await buildTemplate(folder, canaries)
  })
  afterAll(async () => {
    await child.close()
    removeFolder(folder)
  })

  function freshRoot(scenario: Scenario): string {
    copies += 1
    const root = path.join(folder, `copy-${copies}`)
    mkdirSync(root)
    if (scenario !== newStore) copyRoot(template.root, root)
    return root
  }

  async function rehearsed(scenario: Scenario): Promise<Rehearsal> {
    const known = rehearsals.get(scenario)
    if (known) return known
    const root = freshRoot(scenario)
    const rehearsal = await rehearse(scenario, root, template.lines)
    removeFolder(root)
    rehearsals.set(scenario, rehearsal)
    return rehearsal
  }

  /** The calls that a program makes, once it is open or from the opening on. */
  async function placesOf(scenario: Scenario, armed: Place['armed']): Promise<Place[]> {
    const root = freshRoot(scenario)
    const { program } = scenario
    const run = await child.run({ root, program, options: optionsOf(scenario), armed })
    expect(run.untyped).toEqual([])
    expect(run.refusals).toEqual([])
    removeFolder(root)
    return familyNames.flatMap((family) =>
      families[family].flatMap((call) => {
        const count = run.counts.get(call) ?? 0
        return count > 0 ? [{ scenario, armed, family, call, count }] : []
      }),
    )
  }

  async function checkFault(
    one: Pick<Place, 'scenario' | 'armed'>,
    injection: Injection,
  ): Promise<TracedRun> {
    const { scenario, armed } = one
    const { program } = scenario
    const { surveys, lingering } = await rehearsed(scenario)
    const root = freshRoot(scenario)
    try {
      const run = await child.run({ root, program, options: optionsOf(scenario), armed }, injection)
      expect(run.untyped, 'errors without a type').toEqual([])
      const isKill = injection.fault === 'SIGKILL'
      expect(run.signal).toBe(isKill && run.acknowledged < program.length ? 'SIGKILL' : run.signal)
      if (!isKill) expect(run.signal).toBe(null)
      if (run.signal !== null) await failRecovery(scenario, root)
      const allowed = allowedAfter(scenario, surveys, run.acknowledged)
      const absent = run.refusals.some(({ at, outcome }) => at !== 'close' && outcome === 'absent')
      await checkAfterCrash(root, {
        surveys,
        lingering,
        lines: template.lines,
        tokens: canaries.tokens,
        // Who says that nothing happened must be right.
        allowed: absent && scenario.durable === undefined ? allowed.slice(0, 1) : allowed,
      })
      return run
    } catch (cause) {
      const replay = `CENOTAPH_SEED=${seed} CENOTAPH_SYSCALLS=${CASES}`
      const where = `${scenario.name}, from the ${armed} on, ${injectionText(injection)} (${replay})`
      throw new Error(where, { cause })
    } finally {
      removeFolder(root)
    }
  }

  /** The store whose process was killed is opened, and a call of that fails too. */
  async function failRecovery(scenario: Scenario, root: string): Promise<void> {
    const family = pickOf(familyNames, random)!
    const call = pickOf(families[family], random)!
    const fault = pickOf(faultsOf[family], random)!
    const nth = 1 + Math.floor(random() * RECOVERY_CALLS)
    const injection = { call, fault, nth, forGood: random() < 0.3 }
    const job = { root, program: [], options: optionsOf(scenario), armed: 'open' } as const
    const run = await child.run(job, injection)
    expect(run.untyped, `recovery, ${injectionText(injection)}`).toEqual([])
    expect(run.signal).toBe(null)
    if (run.injected > 0) recoveries += 1
  }

  it.runIf(whyNot === undefined)(
    `leave every operation whole or absent (seed ${seed})`,
    async () => {
      const all = [newStore, ...scenariosOf(template, canaries)]
      const scenarios = [newStore, ...shuffled(all.slice(1), random).slice(0, SCENARIOS)]
      const places: Place[] = []
      for (const [index, scenario] of scenarios.entries()) {
        // One program by a part of its name, while it is looked at; the counts below are of all of them.
        if (!scenario.name.includes(process.env.CENOTAPH_SCENARIO ?? '')) continue
        if (scenario !== newStore) places.push(...(await placesOf(scenario, 'program')))
        if (index % 5 === 0) places.push(...(await placesOf(scenario, 'open')))
      }
      const ran = { cases: 0, unreached: 0, killed: 0, refused: 0, unharmed: 0 }
      const byFamily = new Map<Family, number>()
      const failures: string[] = []
      // What has failed before comes first, if this platform makes that call at all.
      const known = systemCalls.flatMap(({ scenario: name, armed, injection }) => {
        const scenario = all.find((one) => one.name === name)
        const family = familyNames.find((one) =>
          families[one].some((call) => call === injection.call),
        )
        return scenario && family ? [{ scenario, armed, family, injection }] : []
      })
      expect(known).toHaveLength(systemCalls.length)
      for (let n = 0; ran.cases < CASES && n < CASES * 3; n += 1) {
        const one = known[n] ?? chosenAt(places, n, random)
        if (!one) continue
        const { family, injection } = one
        const run = await checkFault(one, injection).catch((error: Error) => {
          failures.push(`${error.message}: ${String(error.cause)}`)
          return undefined
        })
        if (!run) continue
        // Threads change places now and then, and a call that was counted is not made.
        if (run.signal === null && run.injected === 0) {
          ran.unreached += 1
          continue
        }
        ran.cases += 1
        byFamily.set(family, (byFamily.get(family) ?? 0) + 1)
        if (run.signal !== null) ran.killed += 1
        else if (run.refusals.length > 0) ran.refused += 1
        else ran.unharmed += 1
      }
      const counts = JSON.stringify({ ...ran, recoveries, ...Object.fromEntries(byFamily) })
      console.info(`system calls: ${counts}, ${scenarios.length} programs, seed ${seed}`)
      expect(failures).toEqual([])
      expect(ran.cases).toBeGreaterThanOrEqual(Math.min(CASES, CASES_MIN))
      expect(ran.refused).toBeGreaterThanOrEqual(ran.cases / 4)
      expect(ran.killed).toBeGreaterThanOrEqual(Math.min(CASES / 10, KILLS_MIN))
      expect(recoveries).toBeGreaterThanOrEqual(Math.min(CASES / 40, 2))
      for (const family of new Set(places.map((place) => place.family)))
        expect(byFamily.get(family) ?? 0, family).toBeGreaterThanOrEqual(
          Math.min(CASES / 10, EACH_FAMILY_MIN),
        )
    },
    TIMEOUT_MS,
  )
})

/**
 * The families take turns, so that rare calls fail as often as frequent ones. Every sixth round are kills, every fourth of
 * the others fails for good.
 */
function chosenAt(
  places: readonly Place[],
  n: number,
  random: Random,
): (Place & { readonly injection: Injection }) | undefined {
  const turn = familyNames[n % familyNames.length]!
  const place = pickOf(
    places.filter(({ family }) => family === turn),
    random,
  )
  if (!place) return undefined
  const { call, count, family } = place
  const nth = 1 + Math.floor(random() * count)
  const round = Math.floor(n / familyNames.length)
  const isKill = round % 6 === 5
  const fault = isKill ? 'SIGKILL' : pickOf(faultsOf[family], random)!
  return { ...place, injection: { call, fault, nth, forGood: !isKill && round % 4 === 3 } }
}

const pickOf = <T>(all: readonly T[], random: Random): T | undefined =>
  all[Math.floor(random() * all.length)]
