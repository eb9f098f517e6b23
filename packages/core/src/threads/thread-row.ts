// The row of a thread: what lists, checks and steps need to know without opening its rollouts. A row is a
// projection; the rollouts are the truth for history. It is one value, `t/<id>/row`, and dies with its thread.

import { type HistoryBase, parseThreadId, type RolloutId, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

/** One transcript file of a thread. A thread has one, a reverted thread several, oldest first. */
export interface RolloutRow {
  readonly rolloutId: RolloutId
  /** Name of the plain form, `rollout-….jsonl`; the compressed form has `.zst` behind it. */
  readonly fileName: string
  readonly compressed: boolean
  /** Committed bytes of the plain form. Readers never pass it, writers continue at it. */
  readonly bytes: number
  /** CRC-32 of those bytes; a row from before there were checksums has none, and gets one when it is written anew. */
  readonly crc32?: number
  readonly items: number
  readonly firstOrdinal: number
  readonly nextOrdinal: number
  /** False for rollouts in Codex's legacy mode, whose lines are numbered by counting. */
  readonly explicitOrdinals: boolean
  /** False after a torn tail: the next append starts with a newline. */
  readonly endsWithNewline: boolean
  readonly base: HistoryBase | null
}

export interface ThreadHold {
  readonly reason: string
  readonly atMs: number
}

export interface ThreadRow {
  readonly threadId: ThreadId
  readonly archived: boolean
  readonly archivedAt: number | null
  /** Milliseconds since 1970 UTC. */
  readonly createdAt: number
  /** Last activity that the thread's own lines record, never a file time. */
  readonly updatedAt: number
  readonly name: string | null
  readonly preview: string | null
  readonly cwd: string | null
  /** Random handle of `cwd`; what index keys hold instead of a path. */
  readonly directory: string | null
  /** Handles of directories that it had before; their paths die with their last thread as well. */
  readonly formerDirectories?: readonly string[]
  readonly modelProvider: string | null
  /** JSON value of `session_meta.source`. */
  readonly source: unknown
  readonly forkedFromId: ThreadId | null
  readonly parentThreadId: ThreadId | null
  /** Raised by every operation that rewrites or moves the rollouts. */
  readonly generation: number
  /** Damages met when the rollouts were last read as a whole. */
  readonly damaged: number
  /** While it is there nothing deletes the thread. */
  readonly hold?: ThreadHold
  /** Retention leaves it alone. */
  readonly pinned?: true
  /** No line says when the thread was last active: `updatedAt` is the time of its import. */
  readonly ageUnknown?: true
  readonly rollouts: readonly RolloutRow[]
}

export const rowKey = (id: ThreadId): string => `t/${id}/row`

/** The id under whose prefix a key of LevelDB is; undefined where it is nobody's. */
export const ownerOfKey = (key: string): string | undefined =>
  key.startsWith('t/') ? key.slice(2, key.indexOf('/', 2)) : undefined
/** Of the keys of a thread's values, the id for that of the row. */
export const idOfRowKey = (key: string): ThreadId | undefined =>
  key.endsWith('/row') ? parseThreadId(key.slice('t/'.length, -'/row'.length)) : undefined

/** Bounds of everything that a thread owns in LevelDB. */
export const threadRange = (id: ThreadId): { from: string; to: string } => ({
  from: `t/${id}/`,
  to: `t/${id}0`,
})

/** The rollout that appends go to. */
export function currentRollout(row: ThreadRow): RolloutRow {
  const last = row.rollouts.at(-1)
  if (!last) throw new StoreError('ROLLOUT_NOT_FOUND', `thread ${row.threadId} has no rollout`)
  return last
}

export function withCurrentRollout(row: ThreadRow, change: Partial<RolloutRow>): ThreadRow {
  const rollouts = [...row.rollouts.slice(0, -1), { ...currentRollout(row), ...change }]
  return { ...row, rollouts }
}

/** Lines in the thread's own rollouts; inherited ones belong to their base. */
export const ownItems = (row: ThreadRow): number =>
  row.rollouts.reduce((sum, rollout) => sum + rollout.items, 0)

export const ownBytes = (row: ThreadRow): number =>
  row.rollouts.reduce((sum, rollout) => sum + rollout.bytes, 0)

/** Bases in other threads' rollouts that this thread continues by reference. */
export function outsideBases(row: ThreadRow): readonly RolloutId[] {
  const own = new Set<string>(row.rollouts.map((rollout) => rollout.rolloutId))
  return row.rollouts.flatMap(({ base }) =>
    base && !own.has(base.thread_id) ? [base.thread_id as RolloutId] : [],
  )
}

export const encodeRow = (row: ThreadRow): Uint8Array => Buffer.from(JSON.stringify(row))

export const decodeRow = (body: Uint8Array): ThreadRow =>
  JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString()) as ThreadRow
