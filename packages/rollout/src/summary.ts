// What one pass over a rollout tells: who it is, how much it holds, and what is wrong with it.

import { tallied } from './checksum.js'
import type { Damage } from './damage.js'
import { type SessionMeta, sessionMetaOf } from './items.js'
import type { RolloutLine } from './line.js'
import { newline } from './pieces.js'
import { type ReadOptions, rangeOf } from './read-options.js'
import { readForward } from './reader.js'
import type { RolloutSource } from './source.js'
import { fallbackUserTextOf, userTextOf } from './user-text.js'

export interface RolloutSummary {
  /** The first session_meta of the rollout: later ones are a parent's, or amendments. */
  readonly meta: SessionMeta | undefined
  /** Complete records. */
  readonly items: number
  /** Uncompressed bytes of the range. */
  readonly bytes: number
  /** CRC-32 of those bytes. */
  readonly crc32: number
  /** `options.firstOrdinal` or 0 where there is no record. */
  readonly firstOrdinal: number
  /** The last record's ordinal plus one; `firstOrdinal` where there is no record. */
  readonly nextOrdinal: number
  /** Whether the first record has an ordinal. */
  readonly explicitOrdinals: boolean
  readonly firstTimestamp?: string
  /** Of the last record; a record may have none. */
  readonly lastTimestamp?: string
  /** The latest time that any record states, wherever it stands. */
  readonly latestTimestamp?: string
  /** The first user-message event's text, at most 200 characters. */
  readonly preview?: string
  /** The same from the first user message that was sent to the model; see `fallbackUserTextOf`. */
  readonly fallbackPreview?: string
  /** In the order met; at most 10,000. */
  readonly damage: readonly Damage[]
  /** All damage, listed or not. */
  readonly damageCount: number
  readonly endsWithNewline: boolean
}

export interface SummariseOptions extends Omit<ReadOptions, 'onDamage'> {
  /** The thread that the file's name says; another id in the session_meta is damage. */
  readonly expectedThreadId?: string
}

const previewCharactersMax = 200
const damageListedMax = 10_000

export async function summarise(
  source: RolloutSource,
  options: SummariseOptions = {},
): Promise<RolloutSummary> {
  const range = rangeOf(source, options)
  const bytes = Math.max(0, range.end - range.start)
  const damage: Damage[] = []
  let damageCount = 0
  const onDamage = (one: Damage): void => {
    damageCount += 1
    if (damage.length < damageListedMax) damage.push(one)
  }
  const seen: Seen = { items: 0, latestMs: Number.NEGATIVE_INFINITY }
  const tally = tallied(source, { start: range.start, end: Math.max(range.start, range.end) })
  for await (const line of readForward(tally.source, { ...options, onDamage })) {
    look(seen, line, options.expectedThreadId, onDamage)
  }
  if (bytes === 0) onDamage({ kind: 'empty', offset: range.start, length: 0 })
  else if (!seen.first) onDamage({ kind: 'no-session-meta', offset: range.start, length: bytes })
  const firstOrdinal = seen.first?.ordinal ?? options.firstOrdinal ?? 0
  const crc32 = await tally.checksum()
  const lastByte = bytes > 0 ? (await source.read(range.end - 1, 1))[0] : undefined
  return {
    meta: seen.meta,
    items: seen.items,
    bytes,
    crc32,
    firstOrdinal,
    nextOrdinal: seen.last ? seen.last.ordinal + 1 : firstOrdinal,
    explicitOrdinals: seen.first?.explicitOrdinal ?? false,
    ...optional('firstTimestamp', seen.first?.timestamp),
    ...optional('lastTimestamp', seen.last?.timestamp),
    ...optional('latestTimestamp', seen.latest),
    ...optional('preview', shortened(seen.userText)),
    ...optional('fallbackPreview', shortened(seen.fallbackText)),
    damage,
    damageCount,
    endsWithNewline: lastByte === newline,
  }
}

interface Seen {
  items: number
  first?: RolloutLine
  last?: RolloutLine
  latest?: string
  latestMs: number
  meta?: SessionMeta
  userText?: string | undefined
  fallbackText?: string | undefined
}

function look(
  seen: Seen,
  line: RolloutLine,
  expectedThreadId: string | undefined,
  onDamage: (damage: Damage) => void,
): void {
  const { offset, length } = line
  seen.items += 1
  seen.last = line
  const ms = Date.parse(line.timestamp ?? '')
  if (line.timestamp !== undefined && ms > seen.latestMs) {
    seen.latest = line.timestamp
    seen.latestMs = ms
  }
  const meta = seen.meta ? undefined : sessionMetaOf(line)
  if (!seen.first && !meta) onDamage({ kind: 'no-session-meta', offset, length })
  seen.first ??= line
  if (meta) {
    seen.meta = meta
    const differs = expectedThreadId !== undefined && meta.id.toLowerCase() !== expectedThreadId
    if (differs) onDamage({ kind: 'id-mismatch', offset, length })
  }
  seen.userText ??= userTextOf(line)
  seen.fallbackText ??= fallbackUserTextOf(line)
}

/** Cut between characters, never inside a surrogate pair. */
function shortened(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  return [...text.slice(0, previewCharactersMax * 2)].slice(0, previewCharactersMax).join('')
}

function optional<Key extends string>(
  key: Key,
  value: string | undefined,
): { [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [K in Key]?: string })
}
