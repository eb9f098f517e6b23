// Kills a process at arbitrary moments of a delete: of a tree of four, and of a thread whose forks are detached. Some
// of the recoveries are killed as well. After reopening the set is whole, or all of it is gone to the last byte: never
// half of it.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Canaries, type Random, seededRandom } from '../support/canary.js'
import { type Call, inParallel, runChild } from '../support/run-child.js'
import { type Survey, surveyStore } from '../support/survey.js'
import { copyRoot, removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { checkAfterCrash } from './check-after-crash.js'
import { allIds, buildTemplate, ids, storeOptions, type Template } from './template.js'

const WORKERS = 2
/** Kills on either side of the commit; where one side stays empty the delays are wrong. */
const EACH_SIDE_MIN = 1
/** One kill in so many is followed by a kill of the recovery. */
const RECOVERY_EVERY = 3
/** Nothing here depends on how long the kills take in all. */
const TIMEOUT_MS = 400_000
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_101)

const cases = [
  { name: 'a spawn tree of four', root: ids.treeRoot, forks: 'refuse', kills: 64 },
  { name: 'a thread whose forks are detached', root: ids.base, forks: 'detach', kills: 20 },
] as const

let folder: string
let template: Template
const canaries = new Canaries(seededRandom(2))
let copies = 0

beforeAll(async () => {
  folder = temporaryFolder()
  template = await buildTemplate(folder, canaries)
})
afterAll(() => removeFolder(folder))

function freshCopy(): string {
  copies += 1
  const root = path.join(folder, `copy-${copies}`)
  mkdirSync(root)
  copyRoot(template.root, root)
  return root
}

async function surveyAfter(root: string, forks: (typeof cases)[number]['forks']): Promise<Survey> {
  const place = freshCopy()
  const store = await openThreadStore(place, storeOptions)
  await store.deleteThread(root, { forks })
  const survey = await surveyStore(store, allIds, template.lines)
  await store.close()
  return survey
}

/** How long the program takes here and now, in milliseconds: the median of five. */
async function usualMs(program: readonly Call[]): Promise<number> {
  const took: number[] = []
  for (let run = 0; run < 5; run += 1) {
    const { programMs } = await runChild({ root: freshCopy(), program, options: storeOptions })
    took.push(programMs ?? 0)
  }
  return took.sort((a, b) => a - b)[2]!
}

interface Delays {
  readonly killAfterMs: number
  readonly recoveryMs: number | undefined
}

/** Spread over the whole delete, so that every part of it gets its kills whatever the machine does. */
function delaysOf(random: Random, count: number, limitMs: number): Delays[] {
  return Array.from({ length: count }, (_, index) => ({
    killAfterMs: ((index + random()) / count) * limitMs,
    // A recovery has the opening before it and the same steps behind it.
    recoveryMs: index % RECOVERY_EVERY === 0 ? random() * limitMs : undefined,
  }))
}

describe.each(cases)('a delete that is killed at any moment', ({ name, root, forks, kills }) => {
  it(
    `is never half done: ${name} (seed ${seed})`,
    async () => {
      const program: readonly Call[] = [['deleteThreads', [root], { forks }]]
      const states = [template.known, await surveyAfter(root, forks)]
      const limitMs = (await usualMs(program)) * 1.1
      const ran = { whole: 0, gone: 0, cut: 0, recoveriesCut: 0 }
      const delays = delaysOf(seededRandom(seed), kills, limitMs)
      await inParallel(delays, WORKERS, async ({ killAfterMs, recoveryMs }, index) => {
        const place = freshCopy()
        const job = { root: place, options: storeOptions }
        const { acknowledged } = await runChild({ ...job, program, killAfterMs })
        if (recoveryMs !== undefined) {
          const again = await runChild({
            ...job,
            program: [],
            armed: 'open',
            killAfterMs: recoveryMs,
          })
          if (again.programMs === undefined) ran.recoveriesCut += 1
        }
        const found = await checkAfterCrash(place, {
          allowed: states.slice(acknowledged),
          lines: template.lines,
          tokens: canaries.tokens,
          lingering: new Set(),
        }).catch((cause: Error) => {
          const at = `after ${killAfterMs} ms, recovery after ${recoveryMs} ms`
          throw new Error(`seed ${seed}, kill ${index} ${at}: ${cause.message}`, { cause })
        })
        ran[acknowledged + found === 0 ? 'whole' : 'gone'] += 1
        if (acknowledged === 0) ran.cut += 1
        removeFolder(place)
      })
      console.info(`random kills: ${JSON.stringify(ran)}, up to ${limitMs.toFixed(1)} ms`)
      expect(ran.whole + ran.gone).toBe(kills)
      expect(ran.whole).toBeGreaterThanOrEqual(EACH_SIDE_MIN)
      expect(ran.gone).toBeGreaterThanOrEqual(EACH_SIDE_MIN)
      expect(ran.cut).toBeGreaterThanOrEqual(kills / 3)
      expect(ran.recoveriesCut).toBeGreaterThanOrEqual(1)
    },
    TIMEOUT_MS,
  )
})
