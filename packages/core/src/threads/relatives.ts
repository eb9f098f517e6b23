// Who belongs to whom: spawned descendants, forks, owners of rollouts. Read page by page from the index; a
// caller that acts on the answer holds the locks that keep it true.

import type { RolloutId, ThreadId } from '@cenotaph/rollout'
import { breathe } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { inPieces } from '../in-pieces.js'
import { childrenPrefix, forksPrefix, idOfKey, ownersPrefix } from './index-keys.js'
import type { ThreadRow } from './thread-row.js'
import type { Kin } from './thread-state.js'

/** Sorting more of them is the work of one turn of the event loop. */
const MANY = 400

/** For each base, the ids that end the keys under its prefix; nothing where there are none. */
async function idsUnderEach<Base extends string>(
  context: StoreContext,
  bases: Iterable<Base>,
  prefixOf: (base: Base) => string,
): Promise<Map<Base, ThreadId[]>> {
  const found = new Map<Base, ThreadId[]>()
  // In order, so that the bases of a piece lie close together.
  const sorted = [...new Set(bases)].sort()
  if (sorted.length > MANY) await breathe()
  for await (const piece of inPieces(sorted)) {
    const ranges = piece.map((base) => {
      const from = prefixOf(base)
      return { from, to: `${from.slice(0, -1)}0` }
    })
    for await (const keys of context.journal.keysIn(ranges)) {
      for (const key of keys) {
        const base = baseOfKey(key) as Base
        const known = found.get(base)
        if (known) known.push(idOfKey(key))
        else found.set(base, [idOfKey(key)])
      }
    }
  }
  return found
}

/** The part of a key between its place and the id that ends it. */
const baseOfKey = (key: string): string => {
  const end = key.lastIndexOf('/')
  return key.slice(key.lastIndexOf('/', end - 1) + 1, end)
}

/** Living children that a thread spawned. */
export async function childrenOf(context: StoreContext, id: ThreadId): Promise<ThreadId[]> {
  const children = (await idsUnderEach(context, [id], childrenPrefix)).get(id) ?? []
  return children.filter((child) => !context.dead.has(child))
}

/**
 * The threads and all that they spawned, however deep, through middles that are gone. Parents come before what they
 * spawned. One generation is read at a time, so a deep tree costs a read a level and a wide one a read a page.
 */
export async function spawnTree(
  context: StoreContext,
  roots: readonly ThreadId[],
): Promise<ThreadId[]> {
  const found = new Set<ThreadId>()
  for (let generation = roots; generation.length > 0; ) {
    const fresh: ThreadId[] = []
    for await (const piece of inPieces(generation)) {
      for (const id of piece) {
        if (found.has(id)) continue
        found.add(id)
        fresh.push(id)
      }
    }
    const children = await idsUnderEach(context, fresh, childrenPrefix)
    const next: ThreadId[] = []
    for await (const piece of inPieces(fresh)) {
      for (const id of piece) next.push(...(children.get(id) ?? []), ...context.dead.childrenOf(id))
    }
    generation = next
  }
  const living: ThreadId[] = []
  for await (const piece of inPieces([...found])) {
    for (const id of piece) if (!context.dead.has(id)) living.push(id)
  }
  return living
}

/** Those that name a thread as their parent or base, dead or alive: what an answer can be remembered of. */
export async function kinOfEach(context: StoreContext, rows: readonly ThreadRow[]): Promise<Kin[]> {
  const asOf = context.threads.changes.kin
  const known = rows.map(({ threadId }) => context.threads.peek(threadId)?.kin)
  const unknown = rows.filter((_, index) => known[index]?.asOf !== asOf)
  if (unknown.length === 0) return known as Kin[]
  const ids = unknown.map(({ threadId }) => threadId)
  const [forks, children] = await Promise.all([
    idsUnderEach(context, unknown.flatMap(namesOf), (name) => forksPrefix(name as ThreadId)),
    idsUnderEach(context, ids, childrenPrefix),
  ])
  const found = new Map<ThreadId, Kin>()
  for (const row of unknown) {
    const { threadId } = row
    const of = new Set(namesOf(row).flatMap((name) => forks.get(name) ?? []))
    of.delete(threadId)
    const kin = { asOf, forks: [...of], children: children.get(threadId) ?? [] }
    found.set(threadId, kin)
    const state = context.threads.peek(threadId)
    if (state) state.kin = kin
  }
  return rows.map(({ threadId }, index) => found.get(threadId) ?? known[index]!)
}

/** By which forks name it: its own id, and those of its rollouts. */
const namesOf = ({ threadId, rollouts }: ThreadRow): string[] => [
  ...new Set([threadId as string, ...rollouts.map(({ rolloutId }) => rolloutId as string)]),
]

/** The thread that a rollout belongs to: its own id, or the one that the index names. */
export async function ownerOf(
  context: StoreContext,
  rolloutId: RolloutId | string,
): Promise<ThreadId> {
  const owners = await idsUnderEach(context, [rolloutId as string], ownersPrefix)
  return owners.get(rolloutId as string)?.[0] ?? (rolloutId as string as ThreadId)
}

export interface Fork {
  readonly threadId: ThreadId
  readonly kind: 'reference' | 'copy'
}

/** Living forks of a thread, whole or in part, whichever of its rollouts they name. */
export async function forksOf(context: StoreContext, id: ThreadId): Promise<Fork[]> {
  return [...((await forksOfEach(context, [id])).get(id) ?? [])]
}

/** As {@link forksOf}, for many threads in as few reads as their forks take; those without forks are left out. */
export async function forksOfEach(
  context: StoreContext,
  ids: readonly ThreadId[],
): Promise<ReadonlyMap<ThreadId, readonly Fork[]>> {
  const forks = new Map<ThreadId, readonly Fork[]>()
  for await (const piece of inPieces(ids)) await addForksOf(context, piece, forks)
  return forks
}

async function addForksOf(
  context: StoreContext,
  ids: readonly ThreadId[],
  forks: Map<ThreadId, readonly Fork[]>,
): Promise<void> {
  const states = await context.threads.loadMany(ids)
  const namesOf = new Map(
    ids.map((id, index) => {
      const rollouts = states[index]?.row.rollouts ?? []
      return [id, new Set<string>([id, ...rollouts.map((rollout) => rollout.rolloutId as string)])]
    }),
  )
  const names = [...namesOf.values()].flatMap((own) => [...own])
  const found = await idsUnderEach(context, names, (name) => forksPrefix(name as ThreadId))
  const living = [...new Set([...found.values()].flat())].filter((id) => !context.dead.has(id))
  const loaded = await context.threads.loadMany(living)
  const rows = new Map(living.map((id, index) => [id, loaded[index]?.row]))
  const kindOf = (id: ThreadId, named: ReadonlySet<string>): Fork['kind'] =>
    rows.get(id)?.rollouts.some(({ base }) => base !== null && named.has(base.thread_id))
      ? 'reference'
      : 'copy'
  for (const [id, named] of namesOf) {
    const of = new Set<ThreadId>()
    for (const name of named) for (const fork of found.get(name) ?? []) of.add(fork)
    of.delete(id)
    const known = [...of].filter((fork) => rows.has(fork))
    if (known.length === 0) continue
    forks.set(
      id,
      known.map((threadId) => ({ threadId, kind: kindOf(threadId, named) })),
    )
  }
}
