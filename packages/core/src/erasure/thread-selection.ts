// A selection: threads chosen by what they are instead of by their ids. All members that are given must hold, for a
// thread and for everything that it spawned: a selection never takes a thread along that it does not describe. Threads on
// hold and threads that a live writer has are spared, with every tree that has one in it, and are told.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { inPieces } from '../in-pieces.js'
import { sourceName } from '../reading/thread-filters.js'
import { idOfKey, orderPrefix, orderTime } from '../threads/index-keys.js'
import { spawnTree } from '../threads/relatives.js'
import type { ThreadRow } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import { type Duration, parseDuration } from '../time/duration.js'

export interface ThreadSelection {
  /** Archived threads alone. */
  readonly archived?: true
  /** All living threads, archived or not. */
  readonly all?: true
  /** Not active for so long, by what the threads themselves record; one of unknown age is never meant. */
  readonly olderThan?: Duration
  readonly cwd?: string
  readonly modelProvider?: string
  /** `session_meta.source`, where it is a text, or the name of its one member. */
  readonly source?: string
}

export interface SparedThread {
  readonly threadId: ThreadId
  /** On hold, held by a live writer, or with one below it that is, or that the selection does not describe. */
  readonly why: 'held' | 'live' | 'descendant'
}

export interface SelectedThreads {
  readonly roots: readonly ThreadId[]
  /** Threads on hold, and threads that are described and have one among what they spawned. */
  readonly held: readonly ThreadId[]
  /** The same for live writers. */
  readonly live: readonly ThreadId[]
  readonly spared: readonly SparedThread[]
}

/** Anything but a list that could be one; what it is not is told when it is checked. */
export const isSelection = (
  threads: readonly string[] | ThreadSelection,
): threads is ThreadSelection => typeof threads === 'object' && !Array.isArray(threads)

/** @throws ARGUMENT_INVALID */
export function checkSelection(selection: ThreadSelection): void {
  checkOptions(selection, { cwd: 'text', modelProvider: 'text', source: 'text' })
  const { archived, all, olderThan, cwd } = selection
  for (const [name, value] of Object.entries(selection)) {
    if (!(members as readonly string[]).includes(name)) throw invalid(`there is no ${name}`, name)
    if ((name === 'archived' || name === 'all') && value !== true && value !== undefined)
      throw invalid(`${name} is true or is left out`, name)
  }
  if (olderThan !== undefined) parseDuration(olderThan, 'olderThan')
  if ([archived, all, olderThan, cwd].every((member) => member === undefined))
    throw invalid('say which: archived, all, olderThan or cwd', 'selection')
}

const members = ['archived', 'all', 'olderThan', 'cwd', 'modelProvider', 'source'] as const

const invalid = (why: string, argument: string): StoreError =>
  new StoreError('ARGUMENT_INVALID', `a selection: ${why}`, { detail: { argument } })

/** Whether the selection describes a thread, asked at one time for all of them. */
export function describedBy(
  context: StoreContext,
  selection: ThreadSelection,
): (row: ThreadRow) => boolean {
  const { archived, olderThan, cwd, modelProvider, source } = selection
  const nowMs = context.trustedClock.nowMs()
  const ageMs = olderThan === undefined ? undefined : parseDuration(olderThan, 'olderThan')
  return (row) =>
    !context.dead.has(row.threadId) &&
    !context.schedules.has(row.threadId) &&
    (!archived || row.archived) &&
    (cwd === undefined || row.cwd === cwd) &&
    (modelProvider === undefined || row.modelProvider === modelProvider) &&
    (source === undefined || sourceName(row.source) === source) &&
    (ageMs === undefined || (!row.ageUnknown && nowMs - row.updatedAt >= ageMs))
}

export async function selectThreads(
  context: StoreContext,
  selection: ThreadSelection,
): Promise<SelectedThreads> {
  const described = new Set<ThreadId>()
  for await (const { threadId } of describedThreads(context, selection)) described.add(threadId)
  return sparing(context, described, describedBy(context, selection))
}

/** Those that the selection describes, by last activity, the oldest first; archived ones behind the others. */
export async function* describedThreads(
  context: StoreContext,
  selection: ThreadSelection,
): AsyncGenerator<ThreadState> {
  const isDescribed = describedBy(context, selection)
  for (const prefix of prefixesOf(context, selection)) {
    const range = { from: prefix, to: `${prefix}${endOf(context, selection)}` }
    for await (const keys of context.journal.keysIn([range])) {
      for (const state of await context.threads.loadMany(keys.map(idOfKey)))
        if (state && isDescribed(state.row)) yield state
    }
  }
}

/** Where the described threads lie in the index, in order of their last activity. */
function prefixesOf(context: StoreContext, { archived, cwd }: ThreadSelection): string[] {
  const directory = cwd === undefined ? undefined : context.directories.handleOf(cwd)
  if (cwd !== undefined && directory === undefined) return []
  const flags = archived ? [true] : [false, true]
  return flags.map((flag) => orderPrefix({ archived: flag, sort: 'updated', directory }))
}

/** An entry may be older than its row, which is asked; it is never newer. */
function endOf(context: StoreContext, { olderThan }: ThreadSelection): string {
  if (olderThan === undefined) return '~'
  const ageMs = parseDuration(olderThan, 'olderThan')
  return `${orderTime(context.trustedClock.nowMs() - ageMs)}~`
}

async function sparing(
  context: StoreContext,
  described: ReadonlySet<ThreadId>,
  isDescribed: (row: ThreadRow) => boolean,
): Promise<SelectedThreads> {
  const parents = new Map<ThreadId, ThreadId | null>()
  const found: Record<SparedThread['why'], ThreadId[]> = { held: [], live: [], descendant: [] }
  for await (const piece of inPieces(await spawnTree(context, [...described]))) {
    for (const state of await context.threads.loadMany(piece)) {
      if (!state) continue
      const { row, threadId } = state
      parents.set(threadId, row.parentThreadId)
      if (row.hold) found.held.push(threadId)
      if (state.writer) found.live.push(threadId)
      if (!isDescribed(row)) found.descendant.push(threadId)
    }
  }
  const parentOf = (id: ThreadId): ThreadId | null =>
    parents.get(id) ?? context.dead.parentOf(id) ?? null
  const above = (ids: readonly ThreadId[]): ReadonlySet<ThreadId> => withAncestors(ids, parentOf)
  const held = above(found.held)
  const live = above(found.live)
  const others = above(found.descendant)
  const toldOf = (some: ReadonlySet<ThreadId>, own: readonly ThreadId[]): ThreadId[] => [
    ...new Set([...own, ...[...some].filter((id) => described.has(id))]),
  ]
  const spared = [...described].flatMap((threadId): SparedThread[] => {
    if (held.has(threadId)) return [{ threadId, why: 'held' }]
    if (live.has(threadId)) return [{ threadId, why: 'live' }]
    return others.has(threadId) ? [{ threadId, why: 'descendant' }] : []
  })
  const isSpared = new Set(spared.map(({ threadId }) => threadId))
  return {
    roots: [...described].filter((id) => !isSpared.has(id)),
    held: toldOf(held, found.held),
    live: toldOf(live, found.live),
    spared,
  }
}

/** Each step up is taken once, so a chain of any length costs its length. */
function withAncestors(
  ids: readonly ThreadId[],
  parentOf: (id: ThreadId) => ThreadId | null,
): ReadonlySet<ThreadId> {
  const found = new Set<ThreadId>()
  for (const id of ids) {
    for (let at: ThreadId | null = id; at !== null && !found.has(at); at = parentOf(at))
      found.add(at)
  }
  return found
}

/** @throws PLAN_CHANGED where a thread is no longer what it was chosen for; asked under the locks of all of them */
export async function refuseUndescribed(
  context: StoreContext,
  selection: ThreadSelection,
  rows: readonly ThreadRow[],
): Promise<void> {
  const isDescribed = describedBy(context, selection)
  const changed: ThreadRow[] = []
  for await (const piece of inPieces(rows)) {
    for (const row of piece) {
      const isTaken = row.hold || context.threads.peek(row.threadId)?.writer
      if (isTaken || !isDescribed(row)) changed.push(row)
    }
  }
  if (changed.length === 0) return
  throw new StoreError('PLAN_CHANGED', 'threads are no longer what they were selected for', {
    retryable: true,
    detail: { threadIds: changed.map((row) => row.threadId) },
  })
}
