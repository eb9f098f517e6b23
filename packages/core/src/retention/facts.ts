// What retention knows of each thread: ids, times, sizes and who belongs to whom, and none of its text. Rows are read
// page by page. Ages are the last activity that the thread's own lines record, never a time of a file.

import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { mapInPieces } from '../in-pieces.js'
import { allThreadIds } from '../reading/resolve-thread.js'
import { outsideBases, ownBytes, type ThreadRow } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import { isWithin, type RetentionRules } from './policy.js'

/** Why nothing is done to a thread, whatever its age. */
export type Veto =
  | 'scheduled'
  | 'held'
  | 'pinned'
  | 'live'
  | 'excluded'
  | 'unavailable'
  | 'age-unknown'

export interface ThreadFacts {
  readonly threadId: ThreadId
  /** The nearest ancestor that lives. */
  readonly parentId: ThreadId | null
  readonly archived: boolean
  readonly bytes: number
  readonly activeMs: number
  readonly veto: Veto | undefined
  /** Threads whose history this one continues, by reference or by copy. */
  readonly bases: readonly { readonly threadId: ThreadId; readonly refers: boolean }[]
}

const PAGE = 100

/** Two clocks that agree may be so far apart: a thread that is active now has an age. */
const SLACK_MS = 60_000

/** Every living thread, those that wait for their date included. */
export async function readFacts(
  context: StoreContext,
  rules: RetentionRules,
  nowMs: number,
): Promise<readonly ThreadFacts[]> {
  const facts = new Map<ThreadId, Omit<ThreadFacts, 'bases'>>()
  const bases = new Map<
    ThreadId,
    { readonly copied: ThreadId | null; readonly referred: string[] }
  >()
  const owners = new Map<string, ThreadId>()
  const look = (state: ThreadState): void => {
    const { row, threadId } = state
    facts.set(threadId, {
      threadId,
      parentId: livingParent(context, row),
      archived: row.archived,
      bytes: ownBytes(row),
      activeMs: row.updatedAt,
      veto: vetoOf(context, state, rules, nowMs),
    })
    const referred = outsideBases(row) as readonly string[]
    if (row.forkedFromId || referred.length > 0)
      bases.set(threadId, { copied: row.forkedFromId, referred: [...referred] })
    for (const { rolloutId } of row.rollouts)
      if ((rolloutId as string) !== threadId) owners.set(rolloutId, threadId)
  }
  let ids: ThreadId[] = []
  const readPage = async (): Promise<void> => {
    for (const state of await context.threads.loadMany(ids))
      if (state && !context.dead.has(state.threadId)) look(state)
    ids = []
  }
  for await (const id of allThreadIds(context)) if (ids.push(id) === PAGE) await readPage()
  await readPage()
  return mapInPieces([...facts.values()], (thread) => ({
    ...thread,
    bases: basesOf(thread.threadId, bases.get(thread.threadId), owners),
  }))
}

function basesOf(
  self: ThreadId,
  found: { readonly copied: ThreadId | null; readonly referred: readonly string[] } | undefined,
  owners: ReadonlyMap<string, ThreadId>,
): ThreadFacts['bases'] {
  if (!found) return []
  const referred = new Set(
    found.referred.map((rolloutId) => owners.get(rolloutId) ?? (rolloutId as ThreadId)),
  )
  const bases = [...referred].map((threadId) => ({ threadId, refers: true }))
  if (found.copied && !referred.has(found.copied))
    bases.push({ threadId: found.copied, refers: false })
  return bases.filter((base) => base.threadId !== self)
}

/** Through middles that are gone, as a delete walks down through them. */
function livingParent(context: StoreContext, row: ThreadRow): ThreadId | null {
  const seen = new Set<ThreadId>()
  let parent = row.parentThreadId ?? undefined
  while (parent && context.dead.has(parent) && !seen.has(parent)) {
    seen.add(parent)
    parent = context.dead.parentOf(parent)
  }
  return parent && !context.dead.has(parent) ? parent : null
}

/** Asked for the plan, and again under the thread's lock when it is carried out. */
export function vetoOf(
  context: StoreContext,
  { row, writer, unavailable }: ThreadState,
  rules: RetentionRules,
  nowMs: number,
): Veto | undefined {
  if (context.schedules.has(row.threadId)) return 'scheduled'
  if (row.hold) return 'held'
  if (rules.sparesPinned && row.pinned) return 'pinned'
  if (writer) return 'live'
  if (row.name !== null && rules.names.has(row.name)) return 'excluded'
  if (rules.directories.some((directory) => isWithin(row.cwd, directory))) return 'excluded'
  // A parked thread's row may not know its last lines.
  if (unavailable) return 'unavailable'
  // A time that has not come yet is one of a wrong clock, and says nothing.
  if (row.ageUnknown || row.updatedAt > nowMs + SLACK_MS) return 'age-unknown'
  return undefined
}
