// A thread as callers see it: the row, with what is derived from the index at the time of asking.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { deleteAfterOf } from '../schedule/schedules.js'
import { kinOfEach } from '../threads/relatives.js'
import { currentRollout, ownBytes, ownItems, type ThreadRow } from '../threads/thread-row.js'
import type { Kin } from '../threads/thread-state.js'

export type ThreadStateName = 'active' | 'archived' | 'scheduled' | 'erasing' | 'deleted'

/** Times are ISO 8601 UTC; `bytes` and `items` count the thread's own rollouts, not what it inherits. */
export interface ThreadView {
  readonly threadId: ThreadId
  readonly state: ThreadStateName
  readonly name: string | null
  readonly preview: string | null
  readonly cwd: string | null
  readonly modelProvider: string | null
  readonly source: unknown
  readonly createdAt: string
  readonly updatedAt: string
  readonly archivedAt: string | null
  readonly deleteAfter: string | null
  readonly items: number
  readonly bytes: number
  readonly compressed: boolean
  readonly forkedFromId: ThreadId | null
  readonly parentThreadId: ThreadId | null
  readonly forks: readonly ThreadId[]
  readonly children: readonly ThreadId[]
  /** On hold: nothing deletes it. */
  readonly held: boolean
  readonly holdReason: string | null
  /** Retention leaves it alone. */
  readonly pinned: boolean
  /** `ephemeral`: in memory alone, and gone when the store closes. */
  readonly persistence: 'durable' | 'ephemeral'
  /** True where damage was met, or the thread is parked. */
  readonly damaged: boolean
  /** Ordinal that the next appended item gets. */
  readonly nextOrdinal: number
}

const iso = (ms: number): string => new Date(ms).toISOString()

export async function viewOf(context: StoreContext, row: ThreadRow): Promise<ThreadView> {
  const [view] = await viewsOf(context, [row])
  return view!
}

/** In the order of the rows. */
export async function viewsOf(
  context: StoreContext,
  rows: readonly ThreadRow[],
): Promise<ThreadView[]> {
  const kin = await kinOfEach(context, rows)
  return rows.map((row, index) => viewWith(context, row, kin[index]!))
}

function viewWith(context: StoreContext, row: ThreadRow, kin: Kin): ThreadView {
  const rollout = currentRollout(row)
  const schedule = context.schedules.of(row.threadId)
  // What is scheduled is as if absent, to all but what is scheduled itself.
  const isSeen = (id: ThreadId): boolean =>
    !context.dead.has(id) && (schedule !== undefined || !context.schedules.has(id))
  return {
    threadId: row.threadId,
    state: schedule ? 'scheduled' : row.archived ? 'archived' : 'active',
    name: row.name,
    preview: row.preview,
    cwd: row.cwd,
    modelProvider: row.modelProvider,
    source: row.source,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    archivedAt: row.archivedAt === null ? null : iso(row.archivedAt),
    deleteAfter: schedule ? deleteAfterOf(schedule) : null,
    items: ownItems(row),
    bytes: ownBytes(row),
    compressed: rollout.compressed,
    forkedFromId: row.forkedFromId,
    parentThreadId: row.parentThreadId,
    forks: kin.forks.filter(isSeen),
    children: kin.children.filter(isSeen),
    held: row.hold !== undefined,
    holdReason: row.hold?.reason ?? null,
    pinned: row.pinned === true,
    persistence: context.options.ephemeral ? 'ephemeral' : 'durable',
    damaged: row.damaged > 0 || context.threads.peek(row.threadId)?.unavailable !== undefined,
    nextOrdinal: rollout.nextOrdinal,
  }
}
