// Bit rot, in every kind of file of a golden store: single bits are flipped, and the store is opened, read as a whole and
// verified. The result is a typed error, a reported problem, or what the store always said.
//
// `CENOTAPH_FLIPS=20000` flips so many bits, `CENOTAPH_FLIPS=all` every one there is. `CENOTAPH_PART=3/8` is one of eight
// parts of them, and `CENOTAPH_FROM` goes on where a run was cut short. `CENOTAPH_FLIP` is the one round that a failure
// names.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { seal, unseal } from '@cenotaph/journal'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seededRandom, shuffled } from '../support/canary.js'
import { comparedTable } from '../support/page-table.js'
import { bits } from '../support/regressions.js'
import { rolloutOf, withLevel } from '../traps/store.fixture.js'
import { ids } from './build-store.js'
import {
  chooseFlips,
  everyFlip,
  type Flip,
  flipIn,
  flipName,
  namedFlips,
  type Region,
  regions,
} from './flips.js'
import { openGolden, rootOf } from './golden.js'
import { judge, type Verdict, verdicts } from './judge.js'
import { lookAtAll, Rot } from './rot.js'
import { isInFlight, partOf, type Round, roundNamed, roundsOf } from './rounds.js'

/** So many, or `all`: then until a moment that may be set, in milliseconds since 1970. */
const asked = process.env.CENOTAPH_FLIPS ?? '1500'
const untilMs = Number(process.env.CENOTAPH_UNTIL ?? Number.POSITIVE_INFINITY)
const part = process.env.CENOTAPH_PART ?? '1/1'
const from = Number(process.env.CENOTAPH_FROM ?? 0)
const named = process.env.CENOTAPH_FLIP
/** Neither a part of what there is, nor the rest of a run. */
const isUncut = named === undefined && part === '1/1' && from === 0
const FLIPS_MIN = 1_500
const EACH_MIN = 10
/** Rounds between two looks at the time. */
const BATCH = 1_000
/** Of those, after how many the run tells how far it is. */
const TELL_EVERY = 10
const SEED = 20_260_301
const seed = Number(process.env.CENOTAPH_FLIP_SEED ?? process.env.CENOTAPH_SEED ?? SEED)
const TIMEOUT_MS = 7 * 24 * 3_600_000

const golden = rootOf('v1', 'settled')
const rot = new Rot(golden)
beforeAll(() => rot.begin())
afterAll(() => rot.end())

/** All that this run is to do, in order: what was named, what covers every region, and the rest. */
function plan(): Round[] {
  if (named !== undefined) return [roundNamed(golden, named)]
  const random = seededRandom(seed)
  const count = asked === 'all' ? FLIPS_MIN : Number(asked)
  const once = namedFlips(golden, bits)
  const first = chooseFlips(golden, random, count, EACH_MIN)
  const rest = asked === 'all' ? shuffled(everyFlip(golden), random) : []
  const left = new Set(partOf(everyFlip(golden), part).map(flipName))
  const fresh = (flips: readonly Flip[]): Flip[] =>
    flips.filter((flip) => left.delete(flipName(flip)))
  return [
    ...fresh(once).flatMap((flip) => roundsOf([flip])),
    ...roundsOf(fresh(first)),
    ...shuffled(roundsOf(fresh(rest)), random),
  ].slice(from)
}

const countText = (count: number): string => count.toLocaleString('en')

const flipsIn = (rounds: readonly Round[]): Flip[] => rounds.flatMap(({ flips }) => flips)

describe('one bit rots in a golden store', () => {
  const rounds = plan()
  const all = flipsIn(rounds).length
  let ran = 0

  /** What the next rounds have to be, so that the fewest flips of a run are done. */
  const counted = (count: number): number => {
    let last = 0
    for (let flips = 0; last < rounds.length && flips < count; last += 1)
      flips += rounds[last]!.flips.length
    return last
  }
  const least = counted(FLIPS_MIN)

  const goesOn = (next: number): string =>
    `, goes on with CENOTAPH_FLIP_SEED=${seed} CENOTAPH_FROM=${from + next}`
  const tallies = (): string =>
    regions.map((region) => `\n  ${region}: ${JSON.stringify(rot.verdictsOf(region))}`).join('')

  it(
    `is refused, reported or without effect (seed ${seed})`,
    async () => {
      let next = 0
      for (let batch = 1; next < rounds.length; batch += 1) {
        if (next >= least && Date.now() >= untilMs) break
        const some = rounds.slice(next, next + BATCH)
        await rot.run(some)
        next += some.length
        ran += flipsIn(some).length
        if (batch % TELL_EVERY === 0 && next < rounds.length)
          console.info(`bit rot so far: ${ran} of ${all}${goesOn(next)}${tallies()}`)
      }
      const tail = ran < all ? goesOn(next) : ''
      console.info(`bit rot: ${ran} flips of ${all} in ${next} rounds${tail}${tallies()}`)
      expect(rot.failures).toEqual([])
      expect(ran).toBeGreaterThanOrEqual(Math.min(all, FLIPS_MIN))
    },
    TIMEOUT_MS,
  )

  /** Of the page about the tests. */
  function table(): string[][] {
    const rows = regions.map((region) => [
      region,
      countText(rot.countOf(region)),
      ...verdicts.map((verdict) => countText(rot.countOf(region, verdict))),
    ])
    const sums = verdicts.map((verdict) =>
      countText(regions.reduce((sum, region) => sum + rot.countOf(region, verdict), 0)),
    )
    return [...rows, ['all', countText(ran), ...sums]]
  }

  it('in as many as were asked for, and as the page about the tests tells of all of them', () => {
    if (isUncut && asked === 'all') expect(all).toBe(everyFlip(golden).length)
    else if (isUncut) expect(all).toBeGreaterThanOrEqual(Math.min(Number(asked), FLIPS_MIN))
    expect(regions.reduce((sum, region) => sum + rot.countOf(region), 0)).toBe(ran)
    // Which of them rot under an open store is chosen by the seed.
    if (isUncut && asked === 'all' && ran === all && seed === SEED) {
      const { told, found } = comparedTable(
        'docs/testing.md',
        ['file', 'flips', ...verdicts],
        table(),
      )
      expect(told).toEqual(found)
    }
  })

  it.each(regions)('in every kind of file: %s', (region) => {
    const first = flipsIn(rounds.slice(0, least)).filter((flip) => flip.region === region)
    const floor = isUncut ? Math.max(EACH_MIN, first.length) : first.length
    expect(rot.countOf(region)).toBeGreaterThanOrEqual(floor)
  })

  it('and is noticed wherever it can make a difference', () => {
    const same = (region: Region): number => rot.countOf(region, 'same')
    const isRare = (region: Region, oneIn: number): void =>
      expect(same(region), region).toBeLessThanOrEqual(Math.max(2, rot.countOf(region) / oneIn))
    const always = (region: Region, verdict: Verdict): void =>
      expect(rot.countOf(region, verdict), region).toBe(rot.countOf(region))
    for (const region of ['log', 'manifest', 'current'] as const) always(region, 'refused at open')
    // The end of a table is padded.
    expect(same('table') + rot.countOf('table', 'refused at open')).toBe(rot.countOf('table'))
    isRare('table', 500)
    // The seal of the last set is written anew, and a PEM or a report has letters that say nothing.
    for (const region of ['anchor', 'tombstones', 'key', 'compressed', 'report'] as const)
      isRare(region, 2)
    expect(same('receipt')).toBe(0)
    // A byte in flight that became zero looks as if it had never been written, and the journal has it.
    const silent = rot.same.filter(({ region }) => region === 'rollout')
    expect(silent.filter((flip) => !isInFlight(flip) || byteOf(flip) !== 1 << flip.bit)).toEqual([])
    // Who had the store open is told to people alone.
    always('owner', 'same')
  })
})

describe('the rig', () => {
  it('convicts a store whose rows have no checksums, with a line for each bit that repeats it', async () => {
    const root = rot.fresh()
    await withLevel(root, async (level) => {
      for (const [key, value] of await level.iterator({ gt: 't/', lt: 't0' }).all()) {
        if (!key.endsWith('/row')) continue
        const text = Buffer.from(unseal(key, value)).toString()
        const bare = text.replaceAll(/"crc32":\d+,/g, '')
        expect(bare).not.toBe(text)
        await level.put(key, seal(key, Buffer.from(bare)), { sync: true })
      }
    })
    const flips = [letterOf(ids.held), letterOf(ids.renamed)]
    for (const manner of ['at rest', 'while open'] as const) {
      const told: string[] = []
      const wrong = new Rot(root, (text) => told.push(text))
      await wrong.begin()
      await wrong.run([{ manner, flips }])
      wrong.end()
      expect(wrong.failures).toEqual(told)
      const lines = told.map((text) => /^CENOTAPH_FLIP='(.+?)'/.exec(text)?.[1] ?? '')
      const rounds = lines.map((line) => roundNamed(golden, line))
      expect(rounds).toEqual(flips.map((flip) => ({ manner, flips: [flip] })))
    }
  })

  it('convicts a store that answers otherwise where no bit has rotted', async () => {
    const root = rot.fresh()
    const store = await openGolden(root)
    const [flip, other] = [letterOf(ids.held), letterOf(ids.renamed)]
    flipIn(root, flip)
    const options = { sound: rot.sound, look: lookAtAll }
    expect(await judge(store, { ...options, flips: [flip] })).toEqual(['found by verify'])
    await expect(judge(store, { ...options, flips: [other] })).rejects.toThrow()
    // One of two was not told of by itself.
    expect(await judge(store, { ...options, flips: [flip, other] })).toEqual([
      'found by verify',
      undefined,
    ])
    await store.close()
  })

  it('convicts a store in which a dead thread lives', async () => {
    const store = await openGolden(rot.fresh())
    const { look } = rot.sound
    const threads = { ...look.threads, [ids.held]: look.threads[ids.deleted] }
    const sound = { ...rot.sound, look: { ...look, threads } }
    const flips = [letterOf(ids.held)]
    await expect(judge(store, { sound, look: lookAtAll, flips })).rejects.toThrow()
    await store.close()
  })
})

/** As it was before it rotted. */
const byteOf = ({ file, byte }: Flip): number => readFileSync(path.join(golden, file))[byte]!

/** A bit inside of a text, in a line that no journal record covers. */
function letterOf(id: string): Flip {
  const file = path.relative(golden, rolloutOf(golden, id))
  const text = readFileSync(path.join(golden, file), 'latin1')
  return { file, region: 'rollout', byte: text.indexOf('"text":"') + 9, bit: 0 }
}
