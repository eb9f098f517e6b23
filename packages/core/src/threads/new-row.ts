// The row of a thread from what its rollouts say. Create, fork, import and repair all make rows here, so that a
// row that was rebuilt equals the one that was lost as far as the rollouts know.

import type {
  HistoryBase,
  RolloutId,
  RolloutSummary,
  SessionMeta,
  ThreadId,
} from '@cenotaph/rollout'
import { parseRolloutId, parseThreadId } from '@cenotaph/rollout'
import type { RolloutRow, ThreadRow } from './thread-row.js'

/** One rollout that was read as a whole. */
export interface RolloutReading {
  readonly rolloutId: RolloutId
  /** Plain name. */
  readonly fileName: string
  readonly compressed: boolean
  readonly summary: RolloutSummary
}

export interface RowFacts {
  readonly threadId: ThreadId
  readonly name: string | null
  readonly archived: boolean
  readonly archivedAt: number | null
  readonly generation?: number
  /** What the thread has that no rollout says. */
  readonly kept?: Pick<ThreadRow, 'hold' | 'pinned'> | undefined
  /** For lines that carry no time. Milliseconds since 1970 UTC. */
  readonly fallbackTimeMs: number
}

/** `readings` oldest first; `directory` is filled in by the commit that stores the row. */
export function rowOf(facts: RowFacts, readings: readonly RolloutReading[]): ThreadRow {
  const metas = readings.flatMap(({ summary }) => (summary.meta ? [summary.meta] : []))
  const first = metas[0]
  const newest = metas.at(-1)
  const createdAt =
    timeOf(first?.timestamp) ?? timeOf(readings[0]?.summary.firstTimestamp) ?? facts.fallbackTimeMs
  const ends = readings.map(({ summary }) => timeOf(summary.latestTimestamp) ?? createdAt)
  const { hold, pinned } = facts.kept ?? {}
  const preview = firstOf(readings, 'preview') ?? firstOf(readings, 'fallbackPreview')
  return {
    threadId: facts.threadId,
    archived: facts.archived,
    archivedAt: facts.archivedAt,
    createdAt,
    updatedAt: Math.max(createdAt, ...ends),
    name: facts.name,
    preview,
    cwd: textOf(newest?.cwd),
    directory: null,
    modelProvider: textOf(newest?.model_provider),
    source: first?.source ?? null,
    forkedFromId: forkSourceOf(facts.threadId, metas),
    parentThreadId: idOf(first?.parent_thread_id),
    generation: facts.generation ?? 1,
    damaged: readings.reduce((sum, { summary }) => sum + summary.damageCount, 0),
    ...(hold ? { hold } : {}),
    ...(pinned ? { pinned } : {}),
    ...ageOf(readings.at(-1)?.summary),
    rollouts: readings.map(rolloutRow),
  }
}

/** The last activity is known where the last line of the newest rollout says when it was. */
export const ageOf = (newest: RolloutSummary | undefined): Pick<ThreadRow, 'ageUnknown'> =>
  timeOf(newest?.lastTimestamp) === undefined ? { ageUnknown: true } : {}

export function rolloutRow({
  rolloutId,
  fileName,
  compressed,
  summary,
}: RolloutReading): RolloutRow {
  return {
    rolloutId,
    fileName,
    compressed,
    bytes: summary.bytes,
    crc32: summary.crc32,
    items: summary.items,
    firstOrdinal: summary.firstOrdinal,
    nextOrdinal: summary.nextOrdinal,
    // An empty rollout gets ordinals; one whose lines have none stays in legacy mode.
    explicitOrdinals: summary.explicitOrdinals || summary.items === 0,
    endsWithNewline: summary.endsWithNewline || summary.bytes === 0,
    base: baseOf(summary.meta),
  }
}

/**
 * What a rollout continues, as its first session_meta says. A base that is no id cannot be anybody's rollout, and its
 * text must not get into an index key, where it would outlive the thread.
 */
export function baseOf(meta: SessionMeta | undefined): HistoryBase | null {
  const base = meta?.history_base
  const rolloutId = base && parseRolloutId(base.thread_id)
  return base && rolloutId ? { ...base, thread_id: rolloutId } : null
}

/** A reverted thread continues itself; only another thread's id makes a fork. */
function forkSourceOf(self: ThreadId, metas: readonly SessionMeta[]): ThreadId | null {
  for (const meta of metas) {
    const source = idOf(meta.forked_from_id)
    if (source && source !== self) return source
  }
  return null
}

const firstOf = (
  readings: readonly RolloutReading[],
  field: 'preview' | 'fallbackPreview',
): string | null =>
  readings.find(({ summary }) => summary[field] !== undefined)?.summary[field] ?? null

const idOf = (value: unknown): ThreadId | null =>
  typeof value === 'string' ? (parseThreadId(value) ?? null) : null

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

function timeOf(text: unknown): number | undefined {
  const ms = typeof text === 'string' ? Date.parse(text) : Number.NaN
  return Number.isFinite(ms) ? ms : undefined
}
