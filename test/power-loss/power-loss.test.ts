// Cuts the power: a store on a file system of its own, whose image is kept at named instants of every operation and at
// acknowledgements. Each copy is mounted and the store on it opened, as after the power came back. What was
// acknowledged is there, every operation is whole or absent, the dead stay dead and leave no text.
//
// What it does not do: reorder or tear the writes that were on their way. The file system's own journal replays.

import { existsSync, mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkAfterCrash } from '../crash/check-after-crash.js'
import { allowedAfter, instantsOf, optionsOf, type Rehearsal, rehearse } from '../crash/rehearse.js'
import { type Scenario, scenariosOf } from '../crash/scenarios.js'
import { buildTemplate, type Template } from '../crash/template.js'
import { Canaries, type Random, seededRandom } from '../support/canary.js'
import { runChild } from '../support/run-child.js'
import { copyRoot, removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { copyImage, makeImage, mounted, whyNotMountable } from './image.js'

/** Cuts at instants of one program; `CENOTAPH_CUTS=all` takes every one. */
const CUTS_A_PROGRAM = process.env.CENOTAPH_CUTS === 'all' ? Number.POSITIVE_INFINITY : 1
const CUTS_MIN = 60
/** Nothing here depends on how long it takes. */
const TIMEOUT_MS = 600_000
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_201)

const whyNot = await whyNotMountable()

interface Cut {
  /** As the child names it. */
  readonly at: string
  readonly acknowledged: number
}

describe(`power loss on a real file system${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  let folder: string
  let template: Template
  const canaries = new Canaries(seededRandom(3))
  let places = 0

  beforeAll(async () => {
    if (whyNot !== undefined) return
    folder = temporaryFolder()
    template = await buildTemplate(folder, canaries)
    const image = path.join(folder, 'template.img')
    makeImage(image)
    await mounted(image, async (place) => {
      mkdirSync(path.join(place, 'root'))
      copyRoot(template.root, path.join(place, 'root'))
    })
  })
  afterAll(() => {
    if (whyNot === undefined) removeFolder(folder)
  })

  function freshRoot(): string {
    places += 1
    const root = path.join(folder, `copy-${places}`)
    mkdirSync(root)
    copyRoot(template.root, root)
    return root
  }

  /** A seeded choice of a program's instants, and all of its acknowledgements. */
  async function cutsOf(scenario: Scenario, random: Random): Promise<Cut[]> {
    const { program, from = 0 } = scenario
    const root = freshRoot()
    const run = await runChild({ root, program, options: optionsOf(scenario) })
    removeFolder(root)
    const instants = instantsOf(run, from).map(({ point, hit, acknowledged }) => ({
      at: `${point} ${hit}`,
      acknowledged,
    }))
    const chosen = instants
      .map((instant) => ({ instant, order: random() }))
      .sort((a, b) => a.order - b.order)
      .slice(0, CUTS_A_PROGRAM)
      .map(({ instant }) => instant)
    const acknowledgements = program
      .map((_call, index) => ({ at: `ACK ${index}`, acknowledged: index + 1 }))
      .slice(from)
    return [...chosen, ...acknowledgements]
  }

  /** Runs the program on a mounted image, and keeps the image at each cut. */
  async function cutPower(
    scenario: Scenario,
    cuts: readonly Cut[],
    place: string,
    unsynced = false,
  ): Promise<void> {
    const image = path.join(place, 'running.img')
    copyImage(path.join(folder, 'template.img'), image)
    await mounted(image, async (mount) => {
      await runChild({
        root: path.join(mount, 'root'),
        program: scenario.program,
        options: optionsOf(scenario),
        unsynced,
        cuts: { image, folder: place, at: cuts.map(({ at }) => at) },
      })
    })
  }

  async function checkCut(
    scenario: Scenario,
    { surveys, lingering }: Rehearsal,
    { at, acknowledged }: Cut,
    image: string,
  ): Promise<void> {
    try {
      await mounted(image, async (mount) => {
        await checkAfterCrash(path.join(mount, 'root'), {
          lingering,
          lines: template.lines,
          tokens: canaries.tokens,
          surveys,
          allowed: allowedAfter(scenario, surveys, acknowledged),
        })
      })
    } catch (cause) {
      const replay = `CENOTAPH_SEED=${seed} npx vitest run test/power-loss`
      throw new Error(`${scenario.name}, power cut at ${at}; ${replay}`, { cause })
    }
  }

  it.runIf(whyNot === undefined)(
    'keeps what was acknowledged, and every operation whole or absent',
    async () => {
      const random = seededRandom(seed)
      const failures: string[] = []
      let checked = 0
      for (const scenario of scenariosOf(template, canaries)) {
        const cuts = await cutsOf(scenario, random)
        const root = freshRoot()
        const rehearsal = await rehearse(scenario, root, template.lines)
        removeFolder(root)
        const place = path.join(folder, 'cuts')
        mkdirSync(place)
        await cutPower(scenario, cuts, place)
        for (const [index, cut] of cuts.entries()) {
          const image = path.join(place, `${index}.img`)
          if (!existsSync(image)) throw new Error(`${scenario.name} never passed ${cut.at}`)
          await checkCut(scenario, rehearsal, cut, image).catch((error: Error) => {
            failures.push(`${error.message}: ${String(error.cause)}`)
          })
          checked += 1
        }
        rmSync(place, { recursive: true })
      }
      console.info(`power loss: ${checked} cuts on ext4, seed ${seed}`)
      expect(failures).toEqual([])
      expect(checked).toBeGreaterThanOrEqual(CUTS_MIN)
    },
    TIMEOUT_MS,
  )

  it.runIf(whyNot === undefined)(
    'catches an engine that acknowledges before it syncs',
    async () => {
      const named = ['create', 'rename', 'delete of one thread', 'fork by copy']
      const scenarios = scenariosOf(template, canaries).filter(({ name }) => named.includes(name))
      let caught = 0
      for (const scenario of scenarios) {
        const root = freshRoot()
        const rehearsal = await rehearse(scenario, root, template.lines)
        removeFolder(root)
        const place = path.join(folder, 'unsynced')
        mkdirSync(place)
        const last = scenario.program.length
        const cut = { at: `ACK ${last - 1}`, acknowledged: last }
        await cutPower(scenario, [cut], place, true)
        const image = path.join(place, '0.img')
        caught += await checkCut(scenario, rehearsal, cut, image).then(
          () => 0,
          () => 1,
        )
        rmSync(place, { recursive: true })
      }
      console.info(`power loss: an engine without fsync is caught by ${caught} of ${named.length}`)
      expect(scenarios).toHaveLength(named.length)
      expect(caught).toBe(named.length)
    },
    TIMEOUT_MS,
  )
})
