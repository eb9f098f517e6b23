// Retention in the model: who is due by age. A tree goes or is archived as a whole, and only if every thread in it may; a
// fork that is younger, or that stays, keeps what it was forked from.

import { isInMemory } from './model-halves.js'
import { hasWriter } from './model-recorders.js'
import type { ModelThread } from './model-thread.js'
import { type Said, told } from './said.js'
import type { ThreadModel } from './thread-model.js'

export interface ModelPolicy {
  readonly archiveAfterMs: number
  readonly deleteAfterMs: number
  /** 0 deletes at once. */
  readonly graceMs: number
}

type Tree = readonly ModelThread[]

/** What retention does now: tells who is archived, and who dies or gets a date. */
export function retain(model: ThreadModel): Said {
  const { policy } = model
  if (!policy) return told({ archived: [], gone: [] })
  const { deletions, archives } = dueByPolicy(model, policy)
  const archived = archives.filter((id) => !model.threads.get(id)!.archived)
  const gone = new Set(deletions)
  if (gone.size > 0) {
    if (policy.graceMs === 0) model.kill(gone)
    else model.wait(gone, model.nowMs + policy.graceMs)
  }
  for (const id of archived) model.threads.get(id)!.archived = true
  return told({ archived: archived.sort(), gone: deletions.sort() })
}

/** Ids of all that is deleted, and of the trees that are archived. */
function dueByPolicy(
  model: ThreadModel,
  { archiveAfterMs, deleteAfterMs }: ModelPolicy,
): { readonly deletions: string[]; readonly archives: string[] } {
  const trees = treesOf(model)
  const isOld = (tree: Tree, ageMs: number): boolean => {
    const isOlder = ({ activeMs }: ModelThread): boolean => model.nowMs - activeMs >= ageMs
    return tree.every(isOlder) && forksOf(model, tree).every(({ fork }) => isOlder(fork))
  }
  const mayGo = (tree: Tree): boolean =>
    tree.every(
      ({ id, held, pinned }) =>
        !held && !pinned && !hasWriter(model, id) && model.stateOf(id) !== 'scheduled',
    )
  const due = new Set(trees.filter((tree) => mayGo(tree) && isOld(tree, deleteAfterMs)))
  // One that stays keeps what it was forked from, which may keep more.
  for (let before = -1; before !== due.size; ) {
    before = due.size
    const dying = new Set([...due].flat())
    for (const tree of due)
      if (forksOf(model, tree).some(({ fork, refers }) => refers && !dying.has(fork)))
        due.delete(tree)
  }
  const archives = trees.filter(
    (tree) =>
      !due.has(tree) &&
      mayGo(tree) &&
      isOld(tree, archiveAfterMs) &&
      tree.some(({ archived }) => !archived),
  )
  const idsOf = (some: Iterable<Tree>): string[] => [...some].flat().map(({ id }) => id)
  return { deletions: idsOf(due), archives: idsOf(archives) }
}

/** Each from its topmost living thread down. */
function treesOf(model: ThreadModel): Tree[] {
  const isBelow = new Set<string>()
  // What is in memory is none of its business.
  const roots = [...model.threads.keys()].filter((id) => !isInMemory(model, id))
  const trees = roots.map((id) => {
    const members = model.tree([id])
    for (const member of members) if (member !== id) isBelow.add(member)
    return { id, members }
  })
  return trees
    .filter(({ id }) => !isBelow.has(id))
    .map(({ members }) => members.map((id) => model.threads.get(id)!))
}

function forksOf(
  model: ThreadModel,
  tree: Tree,
): { readonly fork: ModelThread; readonly refers: boolean }[] {
  const inside = new Set(tree.map(({ id }) => id))
  return [...model.threads.values()].flatMap((fork) => {
    if (inside.has(fork.id) || fork.ephemeral) return []
    const refers = fork.base !== null && inside.has(fork.base)
    const copied = fork.forkedFrom !== null && inside.has(fork.forkedFrom)
    return refers || copied ? [{ fork, refers }] : []
  })
}
