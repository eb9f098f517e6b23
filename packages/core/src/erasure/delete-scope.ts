// What a delete takes along: the threads asked for, everything that they spawned, and with `cascade` their forks.
// Read without locks for a dry run, and again under the locks of all that it names for the delete itself.

import { createHash } from 'node:crypto'
import type { ThreadId } from '@cenotaph/rollout'
import { breathe, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { inPieces } from '../in-pieces.js'
import { directoriesOf } from '../lifecycle/directory.js'
import { type Fork, forksOfEach, spawnTree } from '../threads/relatives.js'
import { ownBytes, ownItems, type ThreadRow } from '../threads/thread-row.js'

export type ForksMode = 'refuse' | 'detach' | 'cascade'

export interface DeleteScope {
  /** Parents before what they spawned. */
  readonly rows: readonly ThreadRow[]
  /** Forks by reference outside the set. */
  readonly references: readonly ThreadId[]
  /** Forks by copy outside the set. */
  readonly copies: readonly ThreadId[]
  /** Threads whose rollouts may be rewritten because a fork of theirs is detached. */
  readonly rewritten: readonly ThreadId[]
  readonly planId: string
  /** Handles of all directories that the threads have or had. */
  readonly directories: readonly string[]
  readonly items: number
  readonly bytes: number
}

export async function readScope(
  context: StoreContext,
  roots: readonly ThreadId[],
  forks: ForksMode,
): Promise<DeleteScope> {
  const ids = await expand(context, roots, forks)
  const inside = new Set(ids)
  const outside = new Map<ThreadId, Fork>()
  for (const forks of (await forksOfEach(context, ids)).values()) {
    for (const fork of forks) {
      const known = outside.get(fork.threadId)
      if (!inside.has(fork.threadId) && known?.kind !== 'reference')
        outside.set(fork.threadId, fork)
    }
  }
  const of = (kind: Fork['kind']): ThreadId[] =>
    [...outside.values()].filter((fork) => fork.kind === kind).map((fork) => fork.threadId)
  const references = of('reference')
  return {
    ...(await factsOf(context, ids)),
    references,
    copies: of('copy'),
    rewritten: forks === 'detach' ? await referencesBelow(context, references) : [],
    planId: await planIdOf(ids, forks, references),
  }
}

async function factsOf(
  context: StoreContext,
  ids: readonly ThreadId[],
): Promise<Pick<DeleteScope, 'rows' | 'directories' | 'items' | 'bytes'>> {
  const rows: ThreadRow[] = []
  const directories = new Set<string>()
  let items = 0
  let bytes = 0
  for await (const piece of inPieces(await context.threads.loadMany(ids))) {
    for (const state of piece) {
      if (!state) continue
      rows.push(state.row)
      for (const handle of directoriesOf(state.row)) directories.add(handle)
      items += ownItems(state.row)
      bytes += ownBytes(state.row)
    }
  }
  return { rows, directories: [...directories], items, bytes }
}

async function expand(
  context: StoreContext,
  roots: readonly ThreadId[],
  forks: ForksMode,
): Promise<ThreadId[]> {
  let ids = await spawnTree(context, roots)
  if (forks !== 'cascade') return ids
  for (;;) {
    const forks = [...(await forksOfEach(context, ids)).values()].flat()
    const next = await spawnTree(context, [...ids, ...forks.map((fork) => fork.threadId)])
    if (next.length === ids.length) return ids
    ids = next
  }
}

/** Forks of forks: their byte offsets move when their base is rewritten. */
async function referencesBelow(
  context: StoreContext,
  references: readonly ThreadId[],
): Promise<ThreadId[]> {
  const found = new Set<ThreadId>(references)
  for (let fresh = references; fresh.length > 0; ) {
    const forks = [...(await forksOfEach(context, fresh)).values()].flat()
    fresh = [...new Set(forks.filter((fork) => fork.kind === 'reference').map((f) => f.threadId))]
    fresh = fresh.filter((id) => !found.has(id))
    for (const id of fresh) found.add(id)
  }
  return [...found]
}

/** Binds a delete to the plan that somebody looked at. */
async function planIdOf(
  ids: readonly ThreadId[],
  forks: ForksMode,
  references: readonly ThreadId[],
): Promise<string> {
  const parts = [[...ids].sort(), forks, [...references].sort()]
  await breathe()
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

/** @throws THREAD_HAS_FORKS */
export function refuseForks(scope: DeleteScope, forks: ForksMode): void {
  if (forks !== 'refuse' || scope.references.length === 0) return
  throw new StoreError('THREAD_HAS_FORKS', 'other threads continue the history of this one', {
    detail: { forks: scope.references },
  })
}
