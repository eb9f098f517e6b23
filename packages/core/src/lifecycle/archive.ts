// Archive and unarchive: out of the way and back, with all that the thread spawned. Reversible, byte-identical
// after a round trip, and never a step towards deletion.
// Survives: a crash before or after any step; each rollout is in exactly one of the two places.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { spawnTree } from '../threads/relatives.js'
import { refuseHidden, requireThread, requireUsable } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { gatherLocked } from './barrier.js'
import { type Move, moveStep } from './move.js'
import { defineOperation, type OperationDefinition } from './operation.js'

interface ArchiveArgs {
  readonly threadIds: readonly ThreadId[]
  /** Throws where threads are no longer what they were chosen for; asked under the locks of the whole tree. */
  readonly recheck?: (rows: readonly ThreadRow[]) => Promise<void>
}

interface ArchivePlan {
  readonly threadIds: readonly ThreadId[]
  readonly moves: readonly Move[]
}

export const archive = moveOperation('archive', true)
export const unarchive = moveOperation('unarchive', false)

function moveOperation(
  name: 'archive' | 'unarchive',
  toArchive: boolean,
): OperationDefinition<ArchiveArgs, readonly ThreadRow[], ArchivePlan, readonly ThreadId[]> {
  return defineOperation<ArchiveArgs, readonly ThreadRow[], ArchivePlan, readonly ThreadId[]>({
    name,

    async gather(context, { threadIds, recheck }) {
      for (const id of threadIds) await refuseWrongPlace(context, id, toArchive)
      return lockTree(context, threadIds, async (ids) => {
        // A tree that was read anew leaves out who died meanwhile; the caller is told instead.
        for (const id of threadIds) refuseHidden(context, id)
        const states = await context.threads.loadMany(ids)
        await recheck?.(states.flatMap((state) => (state ? [state.row] : [])))
        const rows: ThreadRow[] = []
        for (const id of ids) {
          // What waits for its date stays where it is.
          if (context.schedules.has(id) && !threadIds.includes(id)) continue
          const { row } = await requireUsable(context, id)
          if (row.archived !== toArchive) rows.push(row)
          else if (threadIds.includes(id)) await refuseWrongPlace(context, id, toArchive)
        }
        return rows
      })
    },

    plan: (rows) => ({
      threadIds: rows.map((row) => row.threadId),
      moves: rows.flatMap(movesOf),
    }),

    commit(context, _plan, _operationId, rows) {
      for (const { threadId } of rows) refuseHidden(context, threadId)
      const archivedAt = toArchive ? context.journal.storeTimeMs() : null
      return {
        rows: rows.map((row) => ({
          ...row,
          archived: toArchive,
          archivedAt,
          generation: row.generation + 1,
        })),
        events: rows.map(({ threadId }) => ({
          type: toArchive ? 'thread.archived' : 'thread.unarchived',
          threadId,
          payload: {},
        })),
      }
    },

    steps: [moveStep(toArchive)],
    result: async (_context, { threadIds }) => threadIds,
    locksOf: ({ threadIds }) => ({ exclusive: threadIds }),
    threadsOf: ({ threadIds }) => threadIds,
  })
}

const movesOf = (row: ThreadRow): Move[] =>
  row.rollouts.map(({ fileName, compressed }) => ({
    threadId: row.threadId,
    fileName: compressed ? `${fileName}.zst` : fileName,
  }))

async function refuseWrongPlace(
  context: StoreContext,
  id: ThreadId,
  toArchive: boolean,
): Promise<void> {
  const { row } = await requireThread(context, id)
  if (row.archived !== toArchive) return
  throw new StoreError(
    toArchive ? 'THREAD_ARCHIVED' : 'THREAD_NOT_ARCHIVED',
    `thread ${id} is ${toArchive ? 'archived already' : 'not archived'}`,
    { detail: { threadId: id } },
  )
}

/**
 * Locks a spawn tree. The tree is read, locked and read again: with all of its threads locked nothing can be
 * spawned under any of them, so the second reading stands.
 */
export async function lockTree<State>(
  context: StoreContext,
  roots: readonly ThreadId[],
  read: (ids: readonly ThreadId[]) => Promise<State>,
): Promise<{ state: State; locks: () => void }> {
  let expected = await spawnTree(context, roots)
  for (;;) {
    const attempt = await gatherLocked(context, { exclusive: expected }, async () => {
      const actual = await spawnTree(context, roots)
      const same = actual.length === expected.length
      expected = actual
      return same ? { state: await read(actual) } : undefined
    })
    if (attempt.state) return { state: attempt.state.state, locks: attempt.locks }
    attempt.locks()
  }
}
