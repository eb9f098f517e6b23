// Rollouts to which happens what happens to files: a writer dies inside of a line, the next one goes on behind the
// fragment, a line end is missing, a crash leaves space unwritten, junk comes between, a bit turns over. For each, which
// records are as whole as before: whoever reads the file owes those to its caller, in their order.

import fc from 'fast-check'
import { type RolloutOptions, rollouts, type WholeRollout } from './rollouts.js'

export type RolloutDamage =
  /** The file ends inside of a line that was begun behind the last. */
  | { readonly kind: 'torn-tail'; readonly bytes: number }
  /** A fragment of the line stands before it, without a line end: it was begun twice. */
  | { readonly kind: 'splice'; readonly line: number; readonly bytes: number }
  /** There is no line end before the line. */
  | { readonly kind: 'seam'; readonly line: number }
  /** Zero bytes before the line. */
  | { readonly kind: 'zeros'; readonly line: number; readonly bytes: number }
  /** A line of something else before the line. */
  | { readonly kind: 'junk'; readonly line: number; readonly junk: Uint8Array }
  /** One bit of the line. */
  | { readonly kind: 'flip'; readonly line: number; readonly byte: number; readonly bit: number }

export interface DamagedRollout extends WholeRollout {
  readonly damages: readonly RolloutDamage[]
  readonly bytes: Uint8Array
  /** Lines that nothing happened to. */
  readonly intact: readonly string[]
}

export interface DamageRolloutOptions extends RolloutOptions {
  /** Default 4; at least one. */
  readonly damagesMax?: number
  /** Whether bits of the first line may turn over, without which nobody knows whose rollout it is. Default false. */
  readonly firstToo?: boolean
}

export const damagedRollouts = (options: DamageRolloutOptions = {}): fc.Arbitrary<DamagedRollout> =>
  fc
    .record({
      rollout: rollouts(options),
      damages: fc.array(damage, { minLength: 1, maxLength: options.damagesMax ?? 4 }),
    })
    .map(({ rollout, damages }) =>
      damaged(
        rollout,
        damages.map((draw) => draw(rollout, options.firstToo === true)),
      ),
    )

/** The damage that it is to a rollout, whose lines are known only then. */
type Draw = (rollout: WholeRollout, firstToo: boolean) => RolloutDamage

const sizeOf = (line: string): number => Buffer.byteLength(line)
const places = fc.nat(999)
const behindFirst = ({ lines }: WholeRollout, place: number): number =>
  1 + (place % (lines.length - 1))

const damage: fc.Arbitrary<Draw> = fc.oneof(
  places.map(
    (place): Draw =>
      ({ lines }) => {
        const bytes = 1 + (place % (sizeOf(lines.at(-1)!) - 1))
        return { kind: 'torn-tail', bytes }
      },
  ),
  fc.tuple(places, places).map(
    ([place, cut]): Draw =>
      (rollout) => {
        const line = behindFirst(rollout, place)
        return { kind: 'splice', line, bytes: 1 + (cut % (sizeOf(rollout.lines[line]!) - 1)) }
      },
  ),
  places.map(
    (place): Draw =>
      (rollout) => ({ kind: 'seam', line: behindFirst(rollout, place) }),
  ),
  fc.tuple(places, fc.integer({ min: 1, max: 5_000 })).map(
    ([place, bytes]): Draw =>
      (rollout) => ({
        kind: 'zeros',
        line: behindFirst(rollout, place),
        bytes,
      }),
  ),
  fc.tuple(places, fc.uint8Array({ minLength: 1, maxLength: 60 })).map(([place, junk]): Draw => {
    return (rollout) => ({ kind: 'junk', line: behindFirst(rollout, place), junk })
  }),
  fc.record({ place: places, byte: places, bit: fc.nat(7) }).map(({ place, byte, bit }): Draw => {
    return (rollout, firstToo) => {
      const line = firstToo ? place % rollout.lines.length : behindFirst(rollout, place)
      return { kind: 'flip', line, byte: byte % sizeOf(rollout.lines[line]!), bit }
    }
  }),
)

function damaged(rollout: WholeRollout, damages: readonly RolloutDamage[]): DamagedRollout {
  const { lines } = rollout
  const flipped = new Set(damages.flatMap((one) => (one.kind === 'flip' ? [one.line] : [])))
  const pieces: Uint8Array[] = []
  for (const [at, line] of lines.entries()) {
    const here = damages.filter((one) => one.kind !== 'torn-tail' && one.line === at)
    // A fragment and a missing line end are two accounts of the same place: of a line that is damaged itself, and of one
    // behind such a line, nobody can say where it began.
    const isClear = !flipped.has(at) && !flipped.has(at - 1)
    for (const one of here) {
      if (one.kind === 'zeros') pieces.push(new Uint8Array(one.bytes))
      if (one.kind === 'junk') pieces.push(one.junk, newline)
    }
    const isSeam = isClear && here.every(({ kind }) => kind === 'seam') && here.length > 0
    if (isSeam) pieces.pop()
    const splice = here.find((one) => one.kind === 'splice')
    if (splice && isClear) pieces.push(Buffer.from(line).subarray(0, splice.bytes))
    pieces.push(flippedBits(Buffer.from(line), here), newline)
  }
  const torn = damages.find((one) => one.kind === 'torn-tail')
  if (torn) pieces.push(Buffer.from(next(lines)).subarray(0, torn.bytes))
  const intact = lines.filter((_, at) => !flipped.has(at))
  return { ...rollout, damages, bytes: Buffer.concat(pieces), intact }
}

const newline = Buffer.from('\n')

/** The line that would have come behind the last: the same once more, with the next ordinal. */
const next = (lines: readonly string[]): string =>
  JSON.stringify({ ...JSON.parse(lines.at(-1)!), ordinal: lines.length })

function flippedBits(bytes: Buffer, damages: readonly RolloutDamage[]): Uint8Array {
  for (const one of damages)
    if (one.kind === 'flip') bytes[one.byte] = bytes[one.byte]! ^ (1 << one.bit)
  return bytes
}
