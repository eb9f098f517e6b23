// Cuts the power: a store on a file system of its own, whose image is kept at named instants of every operation, at
// acknowledgements, and at moments that nobody chose. Each copy is mounted and the store on it opened, as after the power came back. What was
// acknowledged is there, every operation is whole or absent, the dead stay dead and leave no text.
//
// What it does not do: reorder or tear the writes that were on their way. The file system's own journal replays.

import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkAfterCrash } from '../crash/check-after-crash.js'
import { allowedAfter, type Rehearsal, rehearse, type TimedRehearsal } from '../crash/rehearse.js'
import { type Scenario, scenariosOf } from '../crash/scenarios.js'
import { buildTemplate, type Template } from '../crash/template.js'
import { Canaries, seededRandom } from '../support/canary.js'
import { copyRoot, removeFolder } from '../support/temporary-folder.js'
import { type Cut, chooseCuts, cutPower } from './cut-power.js'
import { makeImage, mounted, whyNotMountable } from './image.js'

/** Of each program one named instant, the last acknowledgement and a moment; with `CENOTAPH_CUTS=all` every instant. */
const isWhole = process.env.CENOTAPH_CUTS === 'all'
const CUTS_MIN = 70
/** A process that has ended before it could be stopped is none. */
const RANDOM_MIN = 10
/** Nothing here depends on how long it takes. */
const TIMEOUT_MS = 600_000
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_201)

const whyNot = await whyNotMountable()

describe(`power loss on a real file system${whyNot === undefined ? '' : ` (skipped: ${whyNot})`}`, () => {
  let folder: string
  let template: Template
  let image: string
  const canaries = new Canaries(seededRandom(3))
  let places = 0

  beforeAll(async () => {
    if (whyNot !== undefined) return
    // What the image of a file system holds is what counts, not what holds the image.
    folder = mkdtempSync(
      path.join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'cenotaph-power-'),
    )
    template = await buildTemplate(folder, canaries)
    image = path.join(folder, 'template.img')
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

  async function rehearsed(scenario: Scenario): Promise<TimedRehearsal> {
    const root = freshRoot()
    const rehearsal = await rehearse(scenario, root, template.lines)
    removeFolder(root)
    return rehearsal
  }

  async function checkCut(
    scenario: Scenario,
    { surveys, lingering }: Rehearsal,
    { name, acknowledged, image }: Cut,
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
      throw new Error(`${scenario.name}, power cut at ${name}; ${replay}`, { cause })
    }
  }

  it.runIf(whyNot === undefined)(
    'keeps what was acknowledged, and every operation whole or absent',
    async () => {
      const random = seededRandom(seed)
      const failures: string[] = []
      let checked = 0
      let atRandom = 0
      for (const scenario of scenariosOf(template, canaries)) {
        const rehearsal = await rehearsed(scenario)
        const place = path.join(folder, 'cuts')
        mkdirSync(place)
        const cuts = await cutPower(scenario, {
          template: image,
          place,
          cuts: chooseCuts(scenario, rehearsal, random, isWhole),
          stopAfter: 1 + Math.floor(random() * rehearsal.instants.length),
        })
        for (const cut of cuts) {
          await checkCut(scenario, rehearsal, cut).catch((error: Error) => {
            failures.push(`${error.message}: ${String(error.cause)}`)
          })
          checked += 1
          if (cut.name.startsWith('some time')) atRandom += 1
        }
        rmSync(place, { recursive: true })
      }
      console.info(`power loss: ${checked} cuts on ext4, ${atRandom} at random, seed ${seed}`)
      expect(failures).toEqual([])
      expect(checked).toBeGreaterThanOrEqual(CUTS_MIN)
      expect(atRandom).toBeGreaterThanOrEqual(RANDOM_MIN)
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
        const rehearsal = await rehearsed(scenario)
        const place = path.join(folder, 'unsynced')
        mkdirSync(place)
        const last = scenario.program.length
        const planned = [{ at: `ACK ${last - 1}`, acknowledged: last }]
        const [cut] = await cutPower(scenario, {
          template: image,
          place,
          cuts: planned,
          unsynced: true,
        })
        caught += await checkCut(scenario, rehearsal, cut!).then(
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
