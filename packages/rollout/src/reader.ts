// Reads a rollout line by line, forward or backward, in memory bounded by the longest line. Both directions
// deliver the same lines with the same ordinals and report the same damage; see damage.ts for the rules.

import type { Chunk } from './chunks.js'
import type { RolloutLine } from './line.js'
import {
  compareOrdinals,
  lineOf,
  ordinalDamage,
  ownLine,
  ownOrdinal,
  type Report,
} from './ordinals.js'
import {
  Cutter,
  type Piece,
  type PieceRange,
  piecesBackward,
  piecesForward,
  type ZeroRun,
} from './pieces.js'
import { type ReadOptions, rangeOf } from './read-options.js'
import { type FoundRecord, findRecords, wholeRecord } from './records.js'
import type { RolloutSource } from './source.js'

export type { ReadOptions } from './read-options.js'

/** Every complete record of the range, in rising order. */
export async function* readForward(
  source: RolloutSource,
  options: ReadOptions = {},
): AsyncGenerator<RolloutLine> {
  for await (const lines of forwardByChunk(source, options))
    for (const line of lines) yield ownLine(line)
}

/**
 * As {@link readForward}, for who reads many: the lines of a chunk are had without a wait for each, and without a copy.
 * They are parsed, and damage among them is reported, as they are taken; whoever asks for the next chunk has taken all.
 */
export async function* forwardByChunk(
  source: RolloutSource,
  options: ReadOptions = {},
): AsyncGenerator<Iterable<RolloutLine>> {
  const range = rangeOf(source, options)
  const numbered = new Numbered(options)
  for await (const pieces of piecesForward(source, range))
    yield numbered.lines(recordsIn(pieces, range, options.onDamage ?? ignore))
}

/** The lines of some whole lines in memory, with views as bytes. Nothing is told of damage. */
export function* linesIn(chunk: Chunk): Generator<RolloutLine> {
  const range = rangeOfChunk(chunk)
  const cutter = new Cutter(range)
  const numbered = new Numbered()
  for (const pieces of [cutter.cut(chunk), cutter.rest()])
    yield* numbered.lines(recordsIn(pieces, range, ignore))
}

const rangeOfChunk = ({ offset, bytes }: Chunk): PieceRange => ({
  start: offset,
  end: offset + bytes.length,
  maxLineBytes: bytes.length,
})

/** Numbers records in rising order, and compares each with the one before it. */
class Numbered {
  readonly #report: Report
  readonly #firstOrdinal: number
  #first: RolloutLine | undefined
  #previous: RolloutLine | undefined

  constructor({ onDamage = ignore, firstOrdinal = 0 }: ReadOptions = {}) {
    this.#report = onDamage
    this.#firstOrdinal = firstOrdinal
  }

  *lines(found: Iterable<FoundRecord>): Generator<RolloutLine> {
    for (const record of found) {
      const previous = this.#previous
      const following = previous ? previous.ordinal + 1 : this.#firstOrdinal
      const line = lineOf(record, ownOrdinal(record) ?? following)
      if (previous) compareOrdinals(previous, line, this.#report)
      if (this.#first?.explicitOrdinal && !line.explicitOrdinal)
        this.#report(ordinalDamage('ordinal-absent', line))
      this.#first ??= line
      this.#previous = line
      yield line
    }
  }
}

export interface ReadBackwardOptions extends ReadOptions {
  /**
   * The ordinal after the last line of the range, for lines that have none themselves. Without it, a file
   * without ordinals is counted from its start before the first line is delivered.
   */
  readonly nextOrdinal?: number
}

/**
 * Every complete record of the range, in falling order. The last lines cost the same whatever the length,
 * for sources with random access.
 */
export async function* readBackward(
  source: RolloutSource,
  options: ReadBackwardOptions = {},
): AsyncGenerator<RolloutLine> {
  const range = rangeOf(source, options)
  const report = options.onDamage ?? ignore
  const count = options.firstOrdinal ?? 0
  // The number of the line behind, as long as numbers can be counted down from it: a line with its own
  // number says nothing about the one before it.
  let next = options.nextOrdinal
  let later: RolloutLine | undefined
  let first: FoundRecord | undefined
  for await (const record of records(source, range, 'backward', report)) {
    const own = ownOrdinal(record)
    const assigned =
      own ?? (next === undefined ? await counted(source, range, record, count) : next - 1)
    const line = lineOf(record, assigned)
    if (later) compareOrdinals(line, later, report)
    if (own === undefined) {
      first ??= await firstRecord(source, range)
      const isAbsent = first && first.offset < line.offset && ownOrdinal(first) !== undefined
      if (isAbsent) report(ordinalDamage('ordinal-absent', line))
    }
    next = own === undefined ? assigned : undefined
    later = line
    yield ownLine(line)
  }
}

/** The number of a record that has none, counted from the nearest one before it that has, or from the start. */
async function counted(
  source: RolloutSource,
  range: PieceRange,
  record: FoundRecord,
  firstOrdinal: number,
): Promise<number> {
  let steps = 0
  for await (const earlier of records(
    source,
    { ...range, end: record.offset },
    'backward',
    ignore,
  )) {
    steps += 1
    const own = ownOrdinal(earlier)
    if (own !== undefined) return own + steps
  }
  return firstOrdinal + steps
}

async function firstRecord(
  source: RolloutSource,
  range: PieceRange,
): Promise<FoundRecord | undefined> {
  for await (const record of records(source, range, 'forward', ignore)) return record
  return undefined
}

/** The records of a range, without numbers. Reports all damage but that of ordinals. */
async function* records(
  source: RolloutSource,
  range: PieceRange,
  direction: 'forward' | 'backward',
  report: Report,
): AsyncGenerator<FoundRecord> {
  const cut = direction === 'forward' ? piecesForward : piecesBackward
  for await (const pieces of cut(source, range)) yield* recordsIn(pieces, range, report, direction)
}

function* recordsIn(
  pieces: Iterable<Piece | ZeroRun>,
  { signal }: PieceRange,
  report: Report,
  direction: 'forward' | 'backward' = 'forward',
): Generator<FoundRecord> {
  for (const piece of pieces) {
    if (piece.kind === 'zeros') {
      report({ kind: 'nul-run', offset: piece.offset, length: piece.length })
      continue
    }
    signal?.throwIfAborted()
    const whole = wholeRecord(piece)
    if (whole) yield whole
    else yield* recordsOf(piece, report, direction)
  }
}

function* recordsOf(
  piece: Piece,
  report: Report,
  direction: 'forward' | 'backward',
): Generator<FoundRecord> {
  const found = findRecords(piece)
  for (const one of direction === 'forward' ? found : found.toReversed()) {
    if (one.kind === 'damage') report(one.damage)
    else yield one
  }
}

function ignore(): void {}
