// Kills a repair at every named instant that it has, and the next repair after that; and stops one before every effect
// that it has on the disk. Then the store refuses to open as it did, or opens; the dead are dead; and the repair that is
// let finish leaves what one without any kill does.

import { spawn } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { isStoreError, openThreadStore, repairCrashPoints, repairStore } from '@cenotaph/core'
import { aroundDisk, effects } from '@cenotaph/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom, shuffled } from '../support/canary.js'
import { hurriedDisk } from '../support/hurried-disk.js'
import { inParallel } from '../support/run-child.js'
import { copyRoot, removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { codeOf, factsOf, type StoreFacts } from '../support-fixtures/store-state.fixture.js'
import { filesHolding } from '../traps/store.fixture.js'
import { type DamagedStore, damagedStores, deadText, ids, livingText } from './damaged-stores.js'
import { type Instant, instantText } from './rehearse.js'
import { storeOptions } from './template.js'

const WORKERS = 2
/** Each instant and each effect, or a seeded choice in which every name is. */
const isWhole = process.env.CENOTAPH_KILLS === 'all'
const KILLS_MIN = 24
/** Of each store. */
const EFFECTS = 10
const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_501)
const random = seededRandom(seed)
/** Nothing here depends on how long it takes. */
const TIMEOUT_MS = 3_600_000
const script = fileURLToPath(new URL('./repair-child.mjs', import.meta.url))
/** What a store says that needs a repair. */
const refusals = ['LEVEL_DAMAGED', 'JOURNAL_GAP', 'TOMBSTONES_DAMAGED', 'KEY_MISMATCH']

let folder: string
let damaged: readonly DamagedStore[]
let copies = 0
let killed = 0
let stopped = 0
const reached = new Set<string>()

beforeAll(async () => {
  folder = temporaryFolder()
  damaged = await damagedStores(folder)
})
afterAll(() => removeFolder(folder))

function copyOf(root: string): string {
  copies += 1
  const copy = path.join(folder, `copy-${copies}`)
  mkdirSync(copy)
  copyRoot(root, copy)
  return copy
}

/** Runs a repair in a process of its own. What it passed, in order, each with its hit. */
async function repairIn(root: string, kill?: Instant): Promise<Instant[]> {
  const job = JSON.stringify({ root, options: storeOptions, kill })
  const child = spawn(process.execPath, [script, job], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  const signal = await new Promise<string | null>((resolve) => {
    child.once('close', (_code, name) => resolve(name))
  })
  expect(signal, output).toBe(kill ? 'SIGKILL' : null)
  if (!kill) expect(output).toContain('DONE')
  const hits = new Map<string, number>()
  return [...output.matchAll(/^POINT (\S+)$/gm)].map(([, point = '']) => {
    hits.set(point, (hits.get(point) ?? 0) + 1)
    return { point, hit: hits.get(point)! }
  })
}

interface Repaired {
  readonly facts: StoreFacts
  readonly problems: readonly string[]
  readonly pieces: readonly string[]
}

const piecesIn = (root: string): string[] => {
  const quarantine = path.join(root, '.cenotaph', 'quarantine')
  const pieces = readdirSync(quarantine).filter((name) => name.endsWith('.bytes'))
  return [...new Set(pieces.map((name) => readFileSync(path.join(quarantine, name), 'latin1')))]
}

/** What a repair has left, and that a delete of everything still leaves nothing. */
async function lookAt(root: string): Promise<Repaired> {
  const store = await openThreadStore(root, storeOptions)
  try {
    const facts = await factsOf(store)
    const { problems } = await store.verify()
    const told = problems.map(({ code, threadId }) => `${code} ${threadId}`)
    const pieces = piecesIn(root)
    expect(await codeOf(() => store.readThread(ids.dead))).toBe('THREAD_DELETED')
    await store.unholdThread(ids.held)
    const all = await store.deleteThreads(Object.keys(facts), { forks: 'cascade' })
    expect(all.state).toBe('deleted')
    for (const text of [deadText, livingText]) expect(filesHolding(root, text), text).toEqual([])
    return { facts, problems: [...new Set(told)].sort(), pieces }
  } finally {
    await store.close()
  }
}

/** It refuses with what a repair mends, or opens and has nothing of the dead. */
async function checkUnrepaired(root: string): Promise<void> {
  try {
    const store = await openThreadStore(root, storeOptions)
    const facts = await factsOf(store)
    expect(await codeOf(() => store.readThread(ids.dead))).toBe('THREAD_DELETED')
    expect(Object.keys(facts)).not.toContain(ids.dead)
    for (const id of [ids.extended, ids.archived, ids.fork, ids.held])
      expect(facts[id]?.texts.length, id).toBeGreaterThanOrEqual(1)
    await store.close()
  } catch (error) {
    if (!isStoreError(error)) throw error
    expect(refusals).toContain(error.code)
  }
}

/** What is left of a repair that was cut short: it is no worse than before, and the next repair mends it. */
async function checkCut(root: string, expected: Repaired): Promise<Instant[]> {
  const looked = copyOf(root)
  await checkUnrepaired(looked)
  removeFolder(looked)
  const again = copyOf(root)
  const instants = await repairIn(again)
  expect(await lookAt(again)).toEqual(expected)
  removeFolder(again)
  return instants
}

/** Gives the store, and what the repair after it passes. */
async function killedAt(from: string, kills: readonly Instant[], expected: Repaired) {
  const root = copyOf(from)
  try {
    for (const kill of kills) {
      await repairIn(root, kill)
      reached.add(kill.point)
    }
    killed += 1
    return await checkCut(root, expected)
  } catch (cause) {
    throw new Error(`killed at ${kills.map(instantText).join(', then at ')}`, { cause })
  } finally {
    removeFolder(root)
  }
}

const stores = ['a store that opens', 'a store that does not open'] as const

const rootOf = (name: string): string => damaged.find((one) => one.name === name)!.root

async function undisturbed(name: string) {
  const root = copyOf(rootOf(name))
  const instants = await repairIn(root)
  return { instants, expected: await lookAt(root) }
}

/** One hit of each name, or all of them. */
function chosen(instants: readonly Instant[]): Instant[] {
  const names = new Set<string>()
  return shuffled(instants, random).filter(
    ({ point }) => isWhole || names.size < names.add(point).size,
  )
}

describe.each(stores)(`a repair of %s (seed ${seed})`, (name) => {
  it(
    'that is killed at an instant, and the repair after it',
    async () => {
      const { instants, expected } = await undisturbed(name)
      await inParallel(chosen(instants), WORKERS, async (kill) => {
        const next = await killedAt(rootOf(name), [kill], expected)
        const [second] = shuffled(next, random)
        if (second) await killedAt(rootOf(name), [kill, second], expected)
      })
    },
    TIMEOUT_MS,
  )

  it(
    'that is stopped before an effect on the disk',
    async () => {
      const { expected } = await undisturbed(name)
      const root = copyOf(rootOf(name))
      const cuts: { readonly root: string; readonly at: string }[] = []
      const watched = new Set<string>(effects)
      const disk = aroundDisk({
        disk: hurriedDisk,
        around: async (call, place, run) => {
          if (watched.has(call)) cuts.push({ root: copyOf(root), at: `${call} ${place}` })
          return run()
        },
      })
      await repairStore(root, { ...storeOptions, disk })
      expect(await lookAt(root)).toEqual(expected)
      const some = shuffled(cuts, random).slice(0, isWhole ? cuts.length : EFFECTS)
      for (const cut of some)
        await checkCut(cut.root, expected).catch((cause: unknown) => {
          throw new Error(`stopped before ${cut.at}`, { cause })
        })
      stopped += some.length
      console.info(`repairs: ${some.length} of ${cuts.length} effects, ${name}, seed ${seed}`)
    },
    TIMEOUT_MS,
  )
})

describe('what was killed', () => {
  it('is every instant that a repair names, often enough', () => {
    expect(repairCrashPoints.filter((point) => !reached.has(point))).toEqual([])
    console.info(`repairs: ${killed} kills, seed ${seed}`)
    expect(killed).toBeGreaterThanOrEqual(KILLS_MIN)
    expect(stopped).toBeGreaterThanOrEqual(2 * EFFECTS)
  })

  it('a dry run passes none of them', async () => {
    for (const { root } of damaged) {
      const passed: string[] = []
      const options = { ...storeOptions, crashPoint: (name: string) => void passed.push(name) }
      await repairStore(copyOf(root), options, { dryRun: true })
      expect(passed.filter((name) => name.startsWith('repair.'))).toEqual([])
    }
  })
})
