// Spawn trees, the unit of retention: a thread goes with all that it spawned or stays with it. Each tree knows the
// threads outside of it that continue a history in it.

import type { ThreadId } from '@cenotaph/rollout'
import { paused } from '../in-pieces.js'
import type { ThreadFacts } from './facts.js'

export interface TreeFork {
  readonly fork: ThreadFacts
  readonly refers: boolean
}

export interface Tree {
  readonly members: ThreadFacts[]
  readonly forks: TreeFork[]
  /** Trees whose history this one continues. */
  readonly bases: Set<Tree>
}

export interface Forest {
  readonly trees: readonly Tree[]
  treeOf(id: ThreadId): Tree | undefined
  /** Direct forks of one thread. */
  forksOf(id: ThreadId): readonly TreeFork[]
}

/** Yields wherever other work may have its turn. */
export function* forestOf(facts: readonly ThreadFacts[]): Generator<void, Forest> {
  const byId = new Map<ThreadId, ThreadFacts>()
  yield* paused(facts, (thread) => byId.set(thread.threadId, thread))
  const trees = new Map<ThreadId, Tree>()
  yield* paused(facts, (thread) => {
    const root = rootOf(thread, byId, trees)
    let tree = trees.get(root)
    if (!tree) {
      tree = { members: [], forks: [], bases: new Set() }
      trees.set(root, tree)
    }
    trees.set(thread.threadId, tree)
    tree.members.push(thread)
  })
  const forks = new Map<ThreadId, TreeFork[]>()
  yield* paused(facts, (fork) => {
    const own = trees.get(fork.threadId)!
    for (const { threadId, refers } of fork.bases) {
      const base = trees.get(threadId)
      if (!base) continue
      const direct = forks.get(threadId)
      if (direct) direct.push({ fork, refers })
      else forks.set(threadId, [{ fork, refers }])
      if (base === own) continue
      base.forks.push({ fork, refers })
      own.bases.add(base)
    }
  })
  return {
    trees: [...new Set(trees.values())],
    treeOf: (id) => trees.get(id),
    forksOf: (id) => forks.get(id) ?? [],
  }
}

/**
 * The topmost ancestor that is known, or any ancestor whose tree is known already. Parents that lead in a circle, which
 * only a forged rollout can say, make one tree.
 */
function rootOf(
  thread: ThreadFacts,
  byId: ReadonlyMap<ThreadId, ThreadFacts>,
  trees: ReadonlyMap<ThreadId, Tree>,
): ThreadId {
  const passed = new Set<ThreadId>()
  let at = thread
  while (!passed.has(at.threadId)) {
    if (trees.has(at.threadId)) return at.threadId
    passed.add(at.threadId)
    const parent = at.parentId === null ? undefined : byId.get(at.parentId)
    if (!parent) return at.threadId
    at = parent
  }
  return at.threadId
}
