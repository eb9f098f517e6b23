// Searches one thread: its own lines, and the inherited ones that are told of it. What Codex writes twice, as an item and
// as the event that shows it, is told once.

import {
  type FoundText,
  type History,
  type Ordinal,
  type RolloutId,
  searchRollout,
  type TextPattern,
  type ThreadId,
} from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { currentRollout, type ThreadRow } from '../threads/thread-row.js'
import { byteOffsetAt, openThreadHistory } from './open-rollout.js'
import type { PlacedRow } from './rows-in-order.js'
import type { SearchPart, SearchScope } from './search-scope.js'
import { type Snippet, snippetOf } from './snippet.js'

export interface SearchHit extends Snippet {
  readonly threadId: ThreadId
  readonly ordinal: Ordinal
  readonly timestamp: string | null
}

/** A hit with its place in the order of all, from which the next page goes on. */
export interface PlacedHit {
  readonly suffix: string
  readonly rolloutId: RolloutId
  readonly hit: SearchHit
}

export interface SearchPlace {
  readonly suffix: string
  readonly threadId: string
  readonly ordinal: number
}

export interface ThreadSearch {
  readonly pattern: TextPattern
  readonly scope: SearchScope
  readonly limit: number
  readonly signal: AbortSignal
  readonly pace: (bytes: number) => Promise<void>
  /** The last hit of the page before. */
  readonly after: SearchPlace | undefined
}

export interface SearchedThread {
  readonly threadId: ThreadId
  readonly hits: readonly PlacedHit[]
  /** Of the error that ended it before its end. */
  readonly code?: string
}

/** Rejects where the whole search has ended; any other failure is the result. */
export async function searchThread(
  context: StoreContext,
  { row, suffix }: PlacedRow,
  search: ThreadSearch,
): Promise<SearchedThread> {
  const { threadId } = row
  const hits: PlacedHit[] = []
  try {
    for await (const { rolloutId, ...hit } of hitsIn(context, row, search)) {
      hits.push({ suffix, rolloutId, hit })
      if (hits.length === search.limit) break
    }
    return { threadId, hits }
  } catch (error) {
    search.signal.throwIfAborted()
    if (!isStoreError(error) || error.code === 'STORE_CLOSED') throw error
    return { threadId, hits, code: error.code }
  }
}

async function* hitsIn(
  context: StoreContext,
  row: ThreadRow,
  search: ThreadSearch,
): AsyncGenerator<SearchHit & { readonly rolloutId: RolloutId }> {
  const { threadId } = row
  const after = search.after?.threadId === threadId ? search.after.ordinal : -1
  const twice = new Twice()
  const opened = await openParts(context, row, search.scope, after + 1)
  if (!opened) return
  const { history, parts } = opened
  try {
    for (const part of parts) {
      const { rolloutId, endOrdinal } = part
      const from = Math.max(part.firstOrdinal, after + 1)
      for await (const found of foundIn(
        context,
        history,
        { ...part, firstOrdinal: from },
        search,
      )) {
        const { ordinal, timestamp = null } = found.line
        if (ordinal < from || ordinal >= endOrdinal) continue
        if (context.redactions.hides(rolloutId, ordinal) || twice.has(found)) continue
        yield { threadId, rolloutId, ordinal, timestamp, ...snippetOf(found.text, found.place) }
      }
    }
  } finally {
    await history.close()
  }
}

/** The parts to search from an ordinal on, and their rollouts; undefined where nothing is. */
async function openParts(
  context: StoreContext,
  listed: ThreadRow,
  scope: SearchScope,
  fromOrdinal: number,
): Promise<{ history: History; parts: SearchPart[] } | undefined> {
  for (let row = listed, attempt = 1; ; attempt += 1) {
    const parts = (await scope.partsOf(row)).filter(({ endOrdinal }) => endOrdinal > fromOrdinal)
    if (parts.length === 0) return undefined
    // Damage is told by reads and by `verify`; here complete lines are looked for.
    const history = await openThreadHistory(context, row, () => {}, { goesThrough: true })
    // Its rollout may have got the lines of its base meanwhile. Then they are its own.
    if (attempt === ATTEMPTS || isOf(history, row)) return { history, parts }
    await history.close()
    row = (await context.threads.load(row.threadId))?.row ?? row
  }
}

const ATTEMPTS = 3

const isOf = ({ segments }: History, row: ThreadRow): boolean =>
  segments.at(-1)?.firstOrdinal === currentRollout(row).firstOrdinal

async function* foundIn(
  context: StoreContext,
  history: History,
  { rolloutId, firstOrdinal }: SearchPart,
  { pattern, signal, pace }: ThreadSearch,
): AsyncGenerator<FoundText> {
  const index = history.segments.findIndex((segment) => segment.rolloutId === rolloutId)
  const segment = history.segments[index]
  if (!segment) return
  const isWhole = firstOrdinal <= segment.firstOrdinal
  yield* searchRollout(segment.source, pattern, {
    fromOffset: isWhole ? 0 : await byteOffsetAt(segment, firstOrdinal),
    firstOrdinal: isWhole ? segment.firstOrdinal : firstOrdinal,
    endOffset: await history.endByteOffset(index),
    explicitOrdinals: segment.explicitOrdinals,
    maxLineBytes: context.options.maxLineBytes,
    signal,
    pace,
  })
}

/** Knows the second of two lines of different types that say the same text. */
class Twice {
  #last: { readonly type: string; readonly text: string } | undefined

  has({ line: { type }, text }: FoundText): boolean {
    const isSecond = this.#last?.text === text && this.#last.type !== type
    this.#last = isSecond ? undefined : { type, text }
    return isSecond
  }
}
