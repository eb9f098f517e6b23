// Random histories with deletes in them. After each delete no canary of the deleted is anywhere under the root, and
// every canary of what was kept is readable and on disk.

import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { histories } from '../support/regressions.js'
import { inParallel } from '../support/run-child.js'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { appendAndCrash, deleteAndCrash } from './crashed-writer.js'
import { deleteSome } from './delete-some.js'
import { History, type Tally } from './history.js'

const HISTORIES = Number(process.env.CENOTAPH_HISTORIES ?? 200)
const HISTORIES_MIN = 200
const WORKERS = 3
const OPERATIONS_MIN = 15
const OPERATIONS_MAX = 45
/** One history in so many has a process that is killed. */
const CRASH_EVERY = 15
/** About a minute on two idle cores; a deep run with more histories takes longer. */
const TIMEOUT_MS = 3_600_000
const firstSeed = Number(process.env.CENOTAPH_SEED ?? 1)

let folder: string
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(() => removeFolder(folder))

const operations: readonly (readonly [weight: number, (history: History) => Promise<void>])[] = [
  [14, (history) => history.append()],
  [4, (history) => history.create()],
  [2, (history) => history.rename()],
  [3, (history) => history.fork(false)],
  [2, (history) => history.fork(true)],
  [2, (history) => history.archive(true)],
  [2, (history) => history.archive(false)],
  [1, (history) => history.import(false)],
  [1, (history) => history.import(true)],
  [1, (history) => history.importExtension()],
  [2, (history) => history.read()],
  [1, (history) => history.reopen()],
  [2, (history) => history.store.checkpoint()],
  [1, deleteSome],
]
const weights = operations.reduce((sum, [weight]) => sum + weight, 0)

function randomOperation(history: History): Promise<void> {
  let at = history.below(weights)
  for (const [weight, run] of operations) {
    if (at < weight) return run(history)
    at -= weight
  }
  throw new Error('the weights do not add up')
}

async function runHistory(seed: number): Promise<Tally> {
  const place = path.join(folder, String(seed))
  const history = new History(place, seed)
  const crashes = seed % CRASH_EVERY === 0
  try {
    await history.open()
    await history.create()
    const count = OPERATIONS_MIN + history.below(OPERATIONS_MAX - OPERATIONS_MIN)
    for (let step = 0; step < count; step += 1) await randomOperation(history)
    if (crashes) await appendAndCrash(history)
    if (crashes && history.random() < 0.5) await deleteAndCrash(history)
    else await deleteSome(history)
    // What a compaction or a new log moved must be as clean.
    await history.reopen()
    await history.check()
    await history.close()
  } catch (cause) {
    await history.close().catch(() => {})
    const replay = `CENOTAPH_SEED=${seed} CENOTAPH_HISTORIES=1`
    throw new Error(`history ${seed}: ${(cause as Error).message}\nreplay: ${replay}`, { cause })
  }
  removeFolder(place)
  return history.tally
}

describe('a store with a random history', () => {
  it(
    `holds nothing of the deleted and all of the kept (seeds from ${firstSeed})`,
    async () => {
      const fresh = Array.from({ length: HISTORIES }, (_, index) => firstSeed + index)
      const seeds = [...new Set([...histories, ...fresh])]
      const tallies: Tally[] = []
      await inParallel(seeds, WORKERS, async (seed) => {
        tallies.push(await runHistory(seed))
      })
      const sum = (of: (tally: Tally) => number): number =>
        tallies.reduce((total, tally) => total + of(tally), 0)
      const ran = {
        histories: tallies.length,
        deletes: sum((tally) => tally.deletes),
        deadThreads: sum((tally) => tally.deadThreads),
        refusals: sum((tally) => tally.refusals),
        detached: sum((tally) => tally.detached),
        deadTokens: sum(({ checks }) => checks.at(-1)?.deadTokens ?? 0),
        livingTokens: sum(({ checks }) => checks.at(-1)?.livingTokens ?? 0),
      }
      console.info(`erasure: ${JSON.stringify(ran)}`)
      if (process.env.CENOTAPH_HISTORIES !== undefined) return
      expect(ran.histories).toBeGreaterThanOrEqual(HISTORIES_MIN)
      expect(ran.deletes).toBeGreaterThanOrEqual(200)
      expect(ran.deadThreads).toBeGreaterThanOrEqual(600)
      expect(ran.refusals).toBeGreaterThanOrEqual(10)
      expect(ran.detached).toBeGreaterThanOrEqual(30)
      expect(ran.deadTokens).toBeGreaterThanOrEqual(3_000)
      expect(ran.livingTokens).toBeGreaterThanOrEqual(3_000)
    },
    TIMEOUT_MS,
  )
})
