// Finds the lines of a rollout in which people see a text. The bytes are searched as they are; only lines that may have it
// are parsed. Before each chunk other work gets its turn.

import { breathe } from '@cenotaph/storage'
import type { Chunk } from '../chunks.js'
import { ordinal } from '../ids.js'
import type { RolloutLine } from '../line.js'
import { newline } from '../pieces.js'
import { type ReadOptions, rangeOf } from '../read-options.js'
import { forwardByChunk, linesIn } from '../reader.js'
import type { RolloutSource } from '../source.js'
import { seenTexts } from './seen-texts.js'
import type { TextPattern, TextPlace } from './text-pattern.js'
import { wholeLines } from './whole-lines.js'

export interface FoundText {
  /** The bytes are a view: do not keep them. */
  readonly line: RolloutLine
  /** The first of the line's texts that has it. */
  readonly text: string
  readonly place: TextPlace
}

export interface SearchRolloutOptions
  extends Pick<
    ReadOptions,
    'fromOffset' | 'endOffset' | 'firstOrdinal' | 'maxLineBytes' | 'signal'
  > {
  /** Whether every line says its number; where not, lines are counted up to each that is found. */
  readonly explicitOrdinals: boolean
  /** Waited for before so many bytes are searched: whoever searches several rollouts at once paces them here. */
  readonly pace?: (bytes: number) => Promise<void>
}

/** Complete records alone; nothing is told of damage. @throws as `readForward` */
export async function* searchRollout(
  source: RolloutSource,
  pattern: TextPattern,
  options: SearchRolloutOptions,
): AsyncGenerator<FoundText> {
  let counted = { offset: options.fromOffset ?? 0, ordinal: options.firstOrdinal ?? 0 }
  const { pace = breathe } = options
  for await (const chunk of wholeLines(source, rangeOf(source, options))) {
    await pace(chunk.bytes.length)
    for (const found of foundIn(chunk, pattern)) {
      if (options.explicitOrdinals && found.line.explicitOrdinal) {
        yield found
        continue
      }
      counted = await countTo(source, found.line.offset, counted, options)
      yield { ...found, line: { ...found.line, ordinal: ordinal(counted.ordinal) } }
    }
  }
}

function* foundIn(chunk: Chunk, pattern: TextPattern): Generator<FoundText> {
  for (const candidate of candidatesIn(chunk, pattern)) {
    for (const line of linesIn(candidate)) {
      const found = firstSeen(line, pattern)
      if (found) yield { line, ...found }
    }
  }
}

/** The lines that may have it. */
function* candidatesIn({ offset, bytes }: Chunk, pattern: TextPattern): Generator<Chunk> {
  let text = pattern.indexIn(bytes, 0)
  let hiding = pattern.hidingIn(bytes, 0)
  while (text >= 0 || hiding >= 0) {
    const at = text < 0 || (hiding >= 0 && hiding < text) ? hiding : text
    const start = bytes.lastIndexOf(newline, at) + 1
    const end = bytes.indexOf(newline, at) + 1 || bytes.length
    yield { offset: offset + start, bytes: bytes.subarray(start, end) }
    if (text >= 0 && text < end) text = pattern.indexIn(bytes, end)
    if (hiding >= 0 && hiding < end) hiding = pattern.hidingIn(bytes, end)
  }
}

function firstSeen(
  line: RolloutLine,
  pattern: TextPattern,
): Pick<FoundText, 'text' | 'place'> | undefined {
  for (const text of seenTexts(line)) {
    const place = pattern.find(text)
    if (place) return { text, place }
  }
  return undefined
}

/** What a chunk of lines that are parsed counts for. */
const COUNTED_BYTES = 1024 * 1024

/** The number of the record at `offset`, counted from one before it whose number is known. */
async function countTo(
  source: RolloutSource,
  offset: number,
  from: { readonly offset: number; readonly ordinal: number },
  options: SearchRolloutOptions,
): Promise<{ offset: number; ordinal: number }> {
  const range = { ...options, fromOffset: from.offset, firstOrdinal: from.ordinal }
  const { pace = breathe } = options
  for await (const lines of forwardByChunk(source, range)) {
    await pace(COUNTED_BYTES)
    for (const line of lines)
      if (line.offset >= offset) return { offset: line.offset, ordinal: line.ordinal }
  }
  return from
}
