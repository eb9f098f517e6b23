// Threads that come from each other: spawned by one, forked from one by reference or by copy, whole or in part. Each
// member stands behind those that it comes from.

import fc from 'fast-check'
import { modelIds } from '../model/system.js'

export interface FamilyMember {
  /** Null for one that somebody created. */
  readonly from:
    | null
    | { readonly kind: 'spawned'; readonly by: number }
    | {
        readonly kind: 'forked'
        readonly of: number
        readonly copy: boolean
        /** So many lines of it, or as many as there are; all of them where it is left out. */
        readonly lines?: number
      }
  /** What is said in it afterwards. */
  readonly texts: readonly string[]
}

export type Family = readonly FamilyMember[]

export interface FamilyOptions {
  /** Default 7, at most as many as `modelIds`. */
  readonly membersMax?: number
}

type From = FamilyMember['from']
/** Of a member with so many before it. */
type Draw = (before: number) => From

const places = fc.nat(999)

const spawned: fc.Arbitrary<Draw> = places.map((place) => (before) => ({
  kind: 'spawned',
  by: place % before,
}))

const forked: fc.Arbitrary<Draw> = fc
  .record({ place: places, copy: fc.boolean(), lines: fc.option(fc.integer({ min: 1, max: 4 })) })
  .map(({ place, copy, lines }) => (before) => ({
    kind: 'forked',
    of: place % before,
    copy,
    ...(lines === null ? {} : { lines }),
  }))

const created: fc.Arbitrary<Draw> = fc.constant(() => null)

const familyOf = (draws: fc.Arbitrary<Draw>, { membersMax = 7 }: FamilyOptions) =>
  fc
    .array(fc.record({ draw: draws, lines: fc.nat(3) }), {
      minLength: 1,
      maxLength: Math.min(membersMax, modelIds.length) - 1,
      size: 'max',
    })
    .map((members): Family => {
      const root = { draw: () => null, lines: 2 }
      return [root, ...members].map(({ draw, lines }, at) => ({
        from: draw(at),
        texts: Array.from({ length: lines }, (_, n) => `text ${n} of ${at}`),
      }))
    })

/** One thread and all that it spawned, and so on. */
export const spawnTrees = (options: FamilyOptions = {}): fc.Arbitrary<Family> =>
  familyOf(spawned, options)

/** One thread, its forks, and theirs. */
export const forkTrees = (options: FamilyOptions = {}): fc.Arbitrary<Family> =>
  familyOf(forked, options)

/** All of it mixed, with more than one root. */
export const families = (options: FamilyOptions = {}): fc.Arbitrary<Family> =>
  familyOf(
    fc.oneof(
      { arbitrary: spawned, weight: 3 },
      { arbitrary: forked, weight: 3 },
      { arbitrary: created, weight: 1 },
    ),
    options,
  )
