// Who belongs to whom: spawned descendants, forks, owners of rollouts. Read page by page from the index; a
// caller that acts on the answer holds the locks that keep it true.

import type { RolloutId, ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { rowsUnder } from '../rows-under.js'
import { childrenPrefix, forksPrefix, idOfKey, ownersPrefix } from './index-keys.js'

async function idsUnder(context: StoreContext, prefix: string): Promise<ThreadId[]> {
  const ids: ThreadId[] = []
  for await (const [key] of rowsUnder(context.journal, prefix)) ids.push(idOfKey(key))
  return ids
}

/** Living children that a thread spawned. */
export async function childrenOf(context: StoreContext, id: ThreadId): Promise<ThreadId[]> {
  const children = await idsUnder(context, childrenPrefix(id))
  return children.filter((child) => !context.dead.has(child))
}

/** The thread and all that it spawned, however deep, through middles that are gone. Parents come first. */
export async function spawnTree(
  context: StoreContext,
  roots: readonly ThreadId[],
): Promise<ThreadId[]> {
  const found = new Set<ThreadId>()
  const queue = [...roots]
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    if (found.has(id)) continue
    found.add(id)
    queue.push(...(await idsUnder(context, childrenPrefix(id))), ...context.dead.childrenOf(id))
  }
  return [...found].filter((id) => !context.dead.has(id))
}

/** The thread that a rollout belongs to: its own id, or the one that the index names. */
export async function ownerOf(
  context: StoreContext,
  rolloutId: RolloutId | string,
): Promise<ThreadId> {
  const owners = await idsUnder(context, ownersPrefix(rolloutId))
  return owners[0] ?? (rolloutId as string as ThreadId)
}

export interface Fork {
  readonly threadId: ThreadId
  readonly kind: 'reference' | 'copy'
}

/** Living forks of a thread, whole or in part, whichever of its rollouts they name. */
export async function forksOf(context: StoreContext, id: ThreadId): Promise<Fork[]> {
  const state = await context.threads.load(id)
  const rolloutIds = state?.row.rollouts.map((rollout) => rollout.rolloutId as string) ?? []
  const named = new Set<string>([id, ...rolloutIds])
  const forks = new Map<ThreadId, Fork>()
  for (const base of named) {
    for (const forkId of await idsUnder(context, forksPrefix(base as ThreadId))) {
      if (forkId === id || context.dead.has(forkId) || forks.has(forkId)) continue
      const fork = await context.threads.load(forkId)
      const refers = fork?.row.rollouts.some((r) => r.base !== null && named.has(r.base.thread_id))
      forks.set(forkId, { threadId: forkId, kind: refers ? 'reference' : 'copy' })
    }
  }
  return [...forks.values()]
}
