// Lets bits rot in copies of a golden store, round by round, and counts the verdicts. A round in which a bit was not told
// of by itself, or after which the store said what it must not say, is tried again bit by bit.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { isStoreError, type ThreadStore } from '@cenotaph/core'
import { hurriedDisk } from '../support/hurried-disk.js'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { ids } from './build-store.js'
import { type Flip, flipIn, type Region } from './flips.js'
import { copyGolden, lookAtGolden, openGolden } from './golden.js'
import { judge, type Sound, soundOf, type Verdict } from './judge.js'
import { concernedBy, type Round, roundName } from './rounds.js'

/** Of those under an open store, one in so many is followed by a look at the whole of it. */
const LOOK_EVERY = 25
/** A long run goes on after a failure, to a point. */
const FAILURES_MAX = 10

type Judged = readonly (Verdict | undefined)[]

export const lookAtAll = (store: ThreadStore) =>
  lookAtGolden(store, 'settled', { refusals: 'told' })

/** At what the flips may concern. */
const lookNear = (flips: readonly Flip[]) => (store: ThreadStore) => {
  const near = new Set(flips.flatMap((flip) => concernedBy(flip) ?? Object.values(ids)))
  return lookAtGolden(store, 'settled', { refusals: 'told', extent: 'some' }, [...near])
}

export class Rot {
  readonly #folder = temporaryFolder()
  readonly #golden: string
  readonly #tell: (text: string) => void
  readonly #verdicts = new Map<Region, Map<Verdict, number>>()
  /** Flips that made no difference, and that nobody was told of. */
  readonly same: Flip[] = []
  /** Each with what repeats it. */
  readonly failures: string[] = []
  #sound: Sound | undefined
  #copies = 0
  #rounds = 0
  /** Damage of LevelDB's files is refused before anything is opened, and leaves all else as it is. */
  #untouched: string | undefined

  constructor(golden: string, tell: (text: string) => void = console.error) {
    this.#golden = golden
    this.#tell = tell
  }

  async begin(): Promise<void> {
    const store = await openGolden(this.fresh(), hurriedDisk)
    this.#sound = await soundOf(store, lookAtAll)
    await store.close()
  }

  end(): void {
    removeFolder(this.#folder)
  }

  get sound(): Sound {
    if (!this.#sound) throw new Error('nothing has begun')
    return this.#sound
  }

  /** How many of a region, by verdict. */
  countOf(region: Region, verdict?: Verdict): number {
    const counts = this.#verdicts.get(region) ?? new Map<Verdict, number>()
    if (verdict) return counts.get(verdict) ?? 0
    return [...counts.values()].reduce((sum, one) => sum + one, 0)
  }

  verdictsOf(region: Region): Record<string, number> {
    return Object.fromEntries(this.#verdicts.get(region) ?? [])
  }

  /** A copy of the golden store. */
  fresh(): string {
    this.#copies += 1
    const root = path.join(this.#folder, `copy-${this.#copies}`)
    mkdirSync(root)
    copyGolden(this.#golden, root)
    return root
  }

  /** What {@link failures} has afterwards was not as it must be. */
  async run(rounds: readonly Round[]): Promise<void> {
    for (const round of rounds) if (round.manner === 'at rest') await this.#atRest(round)
    await this.#whileOpen(rounds.filter(({ manner }) => manner === 'while open'))
    await this.#checkUntouched()
  }

  /** What was refused was not changed, and once it is mended it is what it was. */
  async #checkUntouched(): Promise<void> {
    const root = this.#untouched
    this.#untouched = undefined
    if (root !== undefined) await this.#checkSound(await openGolden(root, hurriedDisk), root)
  }

  async #checkSound(store: ThreadStore, root: string): Promise<void> {
    const found = await soundOf(store, lookAtAll)
    if (!isDeepStrictEqual(found, this.sound)) throw new Error('it was mended, and is another one')
    await store.close()
    removeFolder(root)
  }

  async #atRest(round: Round): Promise<void> {
    await this.#judged(round, async (flips) => {
      const root = this.#untouched ?? this.fresh()
      this.#untouched = undefined
      for (const flip of flips) flipIn(root, flip)
      let store: ThreadStore
      try {
        store = await openGolden(root, hurriedDisk)
      } catch (error) {
        if (!isStoreError(error)) throw error
        if (isStoreError(error, 'LEVEL_DAMAGED')) {
          for (const flip of flips) flipIn(root, flip)
          this.#untouched = root
        } else removeFolder(root)
        return flips.map(() => (flips.length === 1 ? 'refused at open' : undefined))
      }
      try {
        return await judge(store, { sound: this.sound, look: lookAtAll, flips })
      } finally {
        await closed(store)
        removeFolder(root)
      }
    })
  }

  /** Bits that rot while one store is open, each mended before those of the next round. */
  async #whileOpen(rounds: readonly Round[]): Promise<void> {
    if (rounds.length === 0) return
    const root = this.fresh()
    const store = await openGolden(root, hurriedDisk)
    for (const round of rounds) {
      this.#rounds += 1
      const whole = this.#rounds % LOOK_EVERY === 0
      await this.#judged(round, async (flips) => {
        for (const flip of flips) flipIn(root, flip)
        const look = whole ? lookAtAll : lookNear(flips)
        try {
          return await judge(store, { sound: this.sound, look, flips })
        } finally {
          for (const flip of flips) flipIn(root, flip)
        }
      })
    }
    await this.#checkSound(store, root)
  }

  async #judged(round: Round, run: (flips: readonly Flip[]) => Promise<Judged>): Promise<void> {
    const { flips } = round
    const said = await run(flips).catch((cause: unknown) => new Failed(cause))
    const verdicts = said instanceof Failed ? flips.map(() => undefined) : said
    const before = this.failures.length
    for (const [index, flip] of flips.entries()) {
      const verdict = verdicts[index]
      if (verdict !== undefined) this.#count(flip, verdict)
      else if (flips.length > 1) await this.#judged({ ...round, flips: [flip] }, run)
    }
    // Also where each passes alone, and yet not all together.
    if (said instanceof Failed && this.failures.length === before) this.#fail(round, said)
  }

  #fail(round: Round, { cause }: Failed): void {
    const text = `CENOTAPH_FLIP='${roundName(round)}' repeats it: ${String(cause)}`
    this.failures.push(text)
    this.#tell(text)
    if (this.failures.length >= FAILURES_MAX) throw new Error('too many failures', { cause })
  }

  #count(flip: Flip, verdict: Verdict): void {
    const { region } = flip
    if (verdict === 'same') this.same.push(flip)
    const counts = this.#verdicts.get(region) ?? new Map<Verdict, number>()
    counts.set(verdict, (counts.get(verdict) ?? 0) + 1)
    this.#verdicts.set(region, counts)
  }
}

class Failed {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}

async function closed(store: ThreadStore): Promise<void> {
  try {
    await store.close()
  } catch (error) {
    if (!isStoreError(error)) throw error
  }
}
