// Rounds of flips. Where a bit can only matter to the thread, the receipt or the report in whose file it is, one bit rots
// in each of many files at once, so that a store is opened, looked at and verified once for all of them; each must be
// told of by itself, or is tried alone (see rot.ts). Every other bit rots alone.

import { ids } from './build-store.js'
import { type Flip, flipName, flipNamed, type Region } from './flips.js'

/** `at rest`: before the store is opened. */
export type Manner = 'at rest' | 'while open'

export interface Round {
  readonly manner: Manner
  /** At most one of each owner. */
  readonly flips: readonly Flip[]
}

/** Nothing of an open reads these, but for threads in flight: verify and reads open them each time. */
const readLate: ReadonlySet<Region> = new Set([
  'rollout',
  'compressed',
  'receipt',
  'piece',
  'report',
])
const threadIds: readonly string[] = Object.values(ids)
/** Replay reads and writes the rollouts of these as the store opens. */
const inFlight: readonly string[] = [ids.active, ids.nested]
/** Threads that read through the file of another one. */
const readers: Readonly<Record<string, readonly string[]>> = {
  [ids.active]: [ids.reference, ids.nested],
  [ids.reference]: [ids.nested],
}

export const ownerOf = ({ file }: Flip): string | undefined =>
  threadIds.find((id) => file.includes(id))

/** Threads that may be refused, or read differently, once this bit has rotted; undefined where that may be any. */
export function concernedBy(flip: Flip): readonly string[] | undefined {
  if (!readLate.has(flip.region)) return undefined
  const owner = ownerOf(flip)
  return owner === undefined ? [] : [owner, ...(readers[owner] ?? [])]
}

export const isInFlight = (flip: Flip): boolean => inFlight.includes(ownerOf(flip) ?? '')

/** The same flips, in rounds. Half of what is read late rots before the open, and half of it after. */
export function roundsOf(flips: readonly Flip[]): Round[] {
  const rounds: Round[] = []
  const lanes = { 'at rest': new Lanes(), 'while open': new Lanes() }
  let turns = 0
  for (const flip of flips) {
    const owner = ownerOf(flip) ?? flip.file
    const late = readLate.has(flip.region) && !isInFlight(flip)
    if (late) turns += 1
    const manner = late && turns % 2 === 0 ? 'while open' : 'at rest'
    // Nobody is told what a piece holds, so none could be told from another.
    if (!readLate.has(flip.region) || flip.region === 'piece')
      rounds.push({ manner, flips: [flip] })
    else lanes[manner].add(owner, flip)
  }
  for (const manner of ['at rest', 'while open'] as const)
    for (const together of lanes[manner].abreast()) rounds.push({ manner, flips: together })
  return rounds
}

class Lanes {
  readonly #flips = new Map<string, Flip[]>()

  add(lane: string, flip: Flip): void {
    const before = this.#flips.get(lane)
    if (before) before.push(flip)
    else this.#flips.set(lane, [flip])
  }

  /** The first of every lane, then the second of every lane that has one, and so on. */
  abreast(): Flip[][] {
    const lanes = [...this.#flips.values()]
    const length = Math.max(0, ...lanes.map((lane) => lane.length))
    return Array.from({ length }, (_, n) => lanes.flatMap((lane) => lane[n] ?? []))
  }
}

/** The n-th of a number of parts, written `n/parts`; together they are all. */
export function partOf<T>(all: readonly T[], part: string): T[] {
  const [, n, parts] = (/^(\d+)\/(\d+)$/.exec(part) ?? []).map(Number)
  if (!n || !parts || n > parts) throw new Error(`${part} is no part; 3/8 is one`)
  return all.filter((_, index) => index % parts === n - 1)
}

/** A round in one line, which {@link roundNamed} reads. */
export const roundName = ({ manner, flips }: Round): string =>
  [manner, ...flips.map(flipName)].join(' + ')

export function roundNamed(root: string, name: string): Round {
  const [manner, ...flips] = name.split(' + ')
  if ((manner !== 'at rest' && manner !== 'while open') || flips.length === 0)
    throw new Error(`${name} is no round; at rest + .cenotaph/key.pem:3.0 is one`)
  return { manner, flips: flips.map((one) => flipNamed(root, one)) }
}
