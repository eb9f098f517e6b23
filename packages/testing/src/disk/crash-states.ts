// The states in which a simulated disk may come back after the power went: all of them where they are few, a seeded
// sample where they are many. See sim-disk.ts for what may happen to bytes and to names.

import { pick, type Random, seededRandom } from '../random.js'
import { type Choices, choicesOf, type NameChoice } from './choices.js'
import type { SimDisk } from './sim-disk.js'
import { survivorOf } from './survivor.js'

export interface CrashOptions {
  /** At most so many states. Default 64. */
  readonly limit?: number
  /** For the sample, where there are more. Default 1. */
  readonly seed?: number
}

/**
 * States after a crash at this instant; nothing in them is volatile. The first is what is durable and nothing else, and
 * everything as it was is among them. The disk itself is left as it is.
 */
export function* crashStates(
  disk: SimDisk,
  { limit = 64, seed = 1 }: CrashOptions = {},
): Generator<SimDisk> {
  const choices = choicesOf(disk)
  const picks =
    countOf(choices, limit) <= limit ? allOf(choices) : sampleOf(choices, limit, seededRandom(seed))
  for (const { names, contents } of picks) {
    yield survivorOf(disk, {
      happened: new Set(
        choices.names.flatMap(({ change }, place) => (names[place] ? [change] : [])),
      ),
      contents: new Map(choices.contents.map((choice, place) => [choice, contents[place]!])),
    })
  }
}

/** A disk of its own that holds what this one holds, all of it durable. */
export function copyOfDisk(disk: SimDisk): SimDisk {
  const { names, contents } = choicesOf(disk)
  return survivorOf(disk, {
    happened: new Set(names.map(({ change }) => change)),
    contents: new Map(contents.map((choice) => [choice, choice.present])),
  })
}

/** How many states there are to choose from; no longer exact beyond `enough`, but more than that. */
export const crashStateCount = (disk: SimDisk, enough = 100_000): number =>
  countOf(choicesOf(disk), enough)

/** One state: whether each change of a name happened, and which of its forms each content has. */
interface Pick {
  readonly names: readonly boolean[]
  readonly contents: readonly number[]
}

function countOf({ names, contents }: Choices, enough: number): number {
  let count = contents.reduce((product, { size }) => product * size, 1)
  if (count > enough) return count
  const ofContents = count
  count = 0
  for (const _ of nameSets(names)) {
    count += ofContents
    if (count > enough) break
  }
  return count
}

function* allOf({ names, contents }: Choices): Generator<Pick> {
  for (const set of nameSets(names)) {
    for (const indexes of allIndexes(contents.map(({ size }) => size)))
      yield { names: set, contents: indexes }
  }
}

/** Every set of changes that does not contradict itself: none without what came before it at the same name. */
function* nameSets(
  names: readonly NameChoice[],
  before: readonly boolean[] = [],
): Generator<readonly boolean[]> {
  const next = names[before.length]
  if (!next) {
    yield before
    return
  }
  yield* nameSets(names, [...before, false])
  if (next.needs.every((place) => before[place])) yield* nameSets(names, [...before, true])
}

function* allIndexes(sizes: readonly number[]): Generator<readonly number[]> {
  const indexes = sizes.map(() => 0)
  for (;;) {
    yield [...indexes]
    let place = 0
    while (place < sizes.length && indexes[place] === sizes[place]! - 1) indexes[place++] = 0
    if (place === sizes.length) return
    indexes[place]! += 1
  }
}

/** Nothing, everything, each thing alone missing or alone there, then any mix; each once. */
function* sampleOf(choices: Choices, limit: number, random: Random): Generator<Pick> {
  const seen = new Set<string>()
  // Where most picks are taken, to go on picking would be to wait for the last ones.
  for (let turn = 0; turn < 2 * limit && seen.size < limit; turn += 1) {
    const one = pickOf(choices, turn, random)
    const key = `${one.names} ${one.contents}`
    if (seen.has(key)) continue
    seen.add(key)
    yield one
  }
}

type Style = 'nothing' | 'everything' | 'one is missing' | 'one is there' | 'a mix'
const styles: readonly Style[] = ['one is missing', 'one is there', 'a mix', 'a mix']

function pickOf({ names, contents }: Choices, turn: number, random: Random): Pick {
  const style: Style =
    turn === 0 ? 'nothing' : turn === 1 ? 'everything' : styles[pick(random, styles.length)]!
  const odd = pick(random, names.length + contents.length)
  const isThere = (place: number): boolean => {
    if (style === 'a mix') return random() < 0.5
    return (style === 'everything' || style === 'one is missing') !== (place === odd && turn > 1)
  }
  const happened = names.map((_, place) => isThere(place))
  // What stands alone takes along what came before it at its name; otherwise what lacks that is left out.
  for (let place = names.length - 1; style === 'one is there' && place >= 0; place -= 1) {
    if (happened[place]) for (const need of names[place]!.needs) happened[need] = true
  }
  for (const [place, { needs }] of names.entries()) {
    if (!needs.every((need) => happened[need])) happened[place] = false
  }
  return {
    names: happened,
    contents: contents.map(({ size, present }, place) => {
      if (style === 'a mix') return pick(random, size)
      return isThere(names.length + place) ? present : 0
    }),
  }
}
