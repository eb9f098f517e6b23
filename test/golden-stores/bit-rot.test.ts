// Bit rot, in every kind of file of a golden store: single bits are flipped, and the store is opened, read as a whole and
// verified. The result is a typed error, a reported problem, or what the store always said.
//
// `CENOTAPH_FLIPS=20000` flips so many bits, `CENOTAPH_FLIPS=all` every one there is.

import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { seal, unseal } from '@cenotaph/journal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom, shuffled } from '../support/canary.js'
import { bits } from '../support/regressions.js'
import { removeFolder } from '../support/temporary-folder.js'
import { withLevel } from '../traps/store.fixture.js'
import { ids } from './build-store.js'
import {
  chooseFlips,
  everyFlip,
  type Flip,
  flipped,
  flipText,
  namedFlips,
  type Region,
  regions,
  unflipped,
} from './flips.js'
import { copyGolden, lookAtGolden, openGolden, rootOf } from './golden.js'
import { type JudgeOptions, judge, type Sound, soundOf, type Verdict } from './judge.js'

/** So many, or `all`: then until a moment that may be set, in milliseconds since 1970. */
const asked = process.env.CENOTAPH_FLIPS ?? '1500'
const untilMs = Number(process.env.CENOTAPH_UNTIL ?? Number.POSITIVE_INFINITY)
/** Flips between two looks at the time. */
const BATCH = 2_000
const FLIPS_MIN = 1_500
const EACH_MIN = 10
const seed = Number(process.env.CENOTAPH_FLIP_SEED ?? process.env.CENOTAPH_SEED ?? 20_260_301)
const TIMEOUT_MS = 24 * 3_600_000

const golden = rootOf('v1', 'settled')
const look = (store: ThreadStore) => lookAtGolden(store, 'settled', { refusals: 'told' })

/** Threads that continue one another. */
const family: readonly string[] = [ids.active, ids.reference, ids.copy, ids.nested]

/** At what a flip in a file that is read late may concern. */
const lookNear =
  ({ file }: Flip) =>
  (store: ThreadStore) => {
    const owners = Object.values(ids).filter((id) => file.includes(id))
    const near = owners.some((id) => family.includes(id)) ? family : owners
    return lookAtGolden(store, 'settled', { refusals: 'told', extent: 'some' }, near)
  }

/** Nothing of an open reads these, so one open store does for all of them: verify and reads open them each time. */
const readLate: ReadonlySet<Region> = new Set([
  'rollout',
  'compressed',
  'receipt',
  'piece',
  'report',
])
/** Replay reads and writes these as the store opens. */
const inFlight = [ids.active, ids.nested]
/** One in so many of those that are read late is flipped before the open all the same. */
const AT_REST_EVERY = 20
/** After so many the whole of an open store is looked at. */
const LOOK_EVERY = 25

let folder: string
let sound: Sound
const verdicts = new Map<Region, Map<Verdict, number>>()
let copies = 0
/** Damage of LevelDB's files is refused before anything is opened, and leaves all else as it is. */
let untouched: string | undefined

beforeAll(async () => {
  // Nothing here has to survive a power cut.
  folder = mkdtempSync(
    path.join(existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir(), 'cenotaph-rot-'),
  )
  const store = await openGolden(fresh())
  sound = await soundOf(store, look)
  await store.close()
})
afterAll(() => removeFolder(folder))

function fresh(): string {
  copies += 1
  const root = path.join(folder, `copy-${copies}`)
  mkdirSync(root)
  copyGolden(golden, root)
  return root
}

const optionsOf = ({ region }: Flip): JudgeOptions => ({
  sound,
  look,
  // What is read may be what rotted, once verify has told; a value of LevelDB or a receipt never is.
  mayDiffer: region === 'rollout' || region === 'compressed',
})

function count({ region }: Flip, verdict: Verdict): void {
  const ofRegion = verdicts.get(region) ?? new Map<Verdict, number>()
  ofRegion.set(verdict, (ofRegion.get(verdict) ?? 0) + 1)
  verdicts.set(region, ofRegion)
}

async function judged(flip: Flip, run: () => Promise<Verdict>): Promise<void> {
  try {
    count(flip, await run())
  } catch (cause) {
    const replay = `CENOTAPH_FLIP_SEED=${seed} CENOTAPH_FLIPS=${asked}`
    throw new Error(`${flipText(flip)} (${replay}): ${String(cause)}`, { cause })
  }
}

/** The bit has rotted while the store was closed. */
async function atRest(flip: Flip): Promise<Verdict> {
  untouched ??= fresh()
  const root = untouched
  const file = path.join(root, flip.file)
  writeFileSync(file, flipped(golden, flip))
  let store: ThreadStore
  try {
    store = await openGolden(root)
  } catch (error) {
    if (!isStoreError(error)) throw error
    if (isStoreError(error, 'LEVEL_DAMAGED')) writeFileSync(file, unflipped(golden, flip))
    else {
      untouched = undefined
      removeFolder(root)
    }
    return 'refused at open'
  }
  untouched = undefined
  try {
    return await judge(store, optionsOf(flip))
  } finally {
    await closed(store)
    removeFolder(root)
  }
}

async function closed(store: ThreadStore): Promise<void> {
  try {
    await store.close()
  } catch (error) {
    if (!isStoreError(error)) throw error
  }
}

/** Bits that rot while the store is open, one after the other, each mended before the next. */
async function whileOpen(flips: readonly Flip[]): Promise<void> {
  const root = fresh()
  const store = await openGolden(root)
  for (const [index, flip] of flips.entries()) {
    const file = path.join(root, flip.file)
    const options = optionsOf(flip)
    await judged(flip, async () => {
      writeFileSync(file, flipped(golden, flip))
      return judge(store, index % LOOK_EVERY === 0 ? options : { ...options, look: lookNear(flip) })
    })
    writeFileSync(file, unflipped(golden, flip))
  }
  expect(await judge(store, { sound, look, mayDiffer: false })).toBe('same')
  await store.close()
  removeFolder(root)
}

const isInFlight = ({ file }: Flip): boolean => inFlight.some((id) => file.includes(id))

describe('one bit rots in a golden store', () => {
  it(
    `is refused, reported or without effect (seed ${seed})`,
    async () => {
      const random = seededRandom(seed)
      const count = asked === 'all' ? FLIPS_MIN : Number(asked)
      // What covers every region comes first, so that the rest may be cut short.
      const flips = namedFlips(golden, bits).concat(
        chooseFlips(golden, random, count, EACH_MIN),
        asked === 'all' ? shuffled(everyFlip(golden), random) : [],
      )
      let ran = 0
      for (; ran < flips.length && (ran < FLIPS_MIN || Date.now() < untilMs); ran += BATCH) {
        const late: Flip[] = []
        for (const [index, flip] of flips.slice(ran, ran + BATCH).entries()) {
          if (readLate.has(flip.region) && !isInFlight(flip) && index % AT_REST_EVERY !== 0) {
            late.push(flip)
          } else await judged(flip, () => atRest(flip))
        }
        await whileOpen(late)
      }
      ran = Math.min(ran, flips.length)
      const told = regions.map((region) => [region, Object.fromEntries(verdicts.get(region) ?? [])])
      console.info(
        `bit rot: ${ran} flips of ${flips.length}, seed ${seed}, ${JSON.stringify(Object.fromEntries(told))}`,
      )
      if (asked !== 'all' && Number(asked) < FLIPS_MIN) return
      expect(ran).toBeGreaterThanOrEqual(FLIPS_MIN)
    },
    TIMEOUT_MS,
  )

  const countOf = (region: Region, verdict: Verdict): number =>
    verdicts.get(region)?.get(verdict) ?? 0
  const totalOf = (region: Region): number =>
    [...(verdicts.get(region)?.values() ?? [])].reduce((sum, one) => sum + one, 0)

  it.each(regions)('in every kind of file: %s', (region) => {
    expect(totalOf(region)).toBeGreaterThanOrEqual(EACH_MIN)
  })

  it('and is noticed wherever it can make a difference', () => {
    for (const region of ['log', 'manifest', 'current'] as const)
      expect(countOf(region, 'refused at open'), region).toBe(totalOf(region))
    // The end of a table is padded.
    expect(countOf('table', 'same') + countOf('table', 'refused at open')).toBe(totalOf('table'))
    expect(countOf('table', 'same')).toBeLessThanOrEqual(Math.max(2, totalOf('table') / 500))
    // The seal of the last set is written anew, and a PEM or a report has letters that say nothing.
    for (const region of ['anchor', 'tombstones', 'key', 'compressed', 'report'] as const)
      expect(countOf(region, 'same'), region).toBeLessThan(totalOf(region) / 2)
    for (const region of ['rollout', 'receipt'] as const)
      expect(countOf(region, 'same'), region).toBe(0)
    // Who had the store open is told to people alone.
    expect(countOf('owner', 'same')).toBe(totalOf('owner'))
  })
})

describe('the rig', () => {
  it('convicts a store whose rows have no checksums', async () => {
    const root = fresh()
    await withLevel(root, async (level) => {
      for (const [key, value] of await level.iterator({ gt: 't/', lt: 't0' }).all()) {
        if (!key.endsWith('/row')) continue
        const text = Buffer.from(unseal(key, value)).toString()
        const bare = text.replaceAll(/"crc32":\d+,/g, '')
        expect(bare).not.toBe(text)
        await level.put(key, seal(key, Buffer.from(bare)), { sync: true })
      }
    })
    const store = await openGolden(root)
    const [flip] = letterFlips()
    writeFileSync(path.join(root, flip!.file), flipped(golden, flip!))
    await expect(judge(store, optionsOf(flip!))).rejects.toThrow()
    await store.close()
  })

  it('convicts a store in which a dead thread lives', async () => {
    const store = await openGolden(fresh())
    const { threads } = sound.look
    const woken = { ...sound.look, threads: { ...threads, [ids.held]: threads[ids.deleted] } }
    const options = { sound: { ...sound, look: woken }, look, mayDiffer: true }
    await expect(judge(store, options)).rejects.toThrow()
    await store.close()
  })
})

/** Bits inside of the text of a line that no journal record covers. */
function letterFlips(): Flip[] {
  return everyFlip(golden).filter((flip) => {
    if (flip.region !== 'rollout' || !flip.file.includes(ids.held) || flip.bit !== 0) return false
    const bytes = unflipped(golden, flip)
    return flip.byte === bytes.indexOf('one in') + 1
  })
}
