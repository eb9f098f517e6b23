// The decision, pure: which trees are due, by which rule, and which threads are spared, and why. A tree goes only as a
// whole, and only if every thread in it may go. Threads that other threads continue go with those or not at all, as the
// policy's `forks` says. Of tens of thousands of threads it yields wherever other work may have its turn; the facts do not
// change meanwhile, and whoever acts on the decision asks again under the threads' locks.

import type { ThreadId } from '@cenotaph/rollout'
import { PIECE, paused, sorted } from '../in-pieces.js'
import type { ThreadFacts, Veto } from './facts.js'
import type { RetentionRules } from './policy.js'
import { type Forest, forestOf, type Tree, type TreeFork } from './trees.js'

export type SpareReason =
  | Veto
  /** A thread of the same tree was active since. */
  | 'recent-relative'
  /** A thread that was forked from it was active since. */
  | 'recent-fork'
  /** A thread that was forked from it stays. */
  | 'has-forks'

export interface Spared {
  readonly threadId: ThreadId
  readonly why: SpareReason
  /** The thread that the reason is about: itself, a relative or a fork. */
  readonly because: ThreadId
}

export interface DueTree {
  readonly tree: Tree
  readonly why: 'deleteAfter' | 'maxTotalBytes'
}

export interface Decision {
  readonly deletions: readonly DueTree[]
  /** Trees of which some threads are still in use. */
  readonly archives: readonly Tree[]
  readonly spared: readonly Spared[]
  /** Of all living threads but those that wait for their date. */
  readonly totalBytes: number
}

type Refusal = Pick<Spared, 'why' | 'because'>

export function* decide(
  facts: readonly ThreadFacts[],
  rules: RetentionRules,
  nowMs: number,
): Generator<void, Decision> {
  const forest = yield* forestOf(facts)
  const spared = new Map<ThreadId, Spared>()
  const spare = ({ members }: Tree, refusal: Refusal, wants: (one: ThreadFacts) => boolean) => {
    for (const member of members) {
      const { threadId, veto } = member
      if (veto === 'scheduled' || spared.has(threadId)) continue
      if (veto === 'age-unknown' || wants(member))
        spared.set(threadId, { threadId, ...(veto ? { why: veto, because: threadId } : refusal) })
    }
  }
  const old = yield* oldTrees(forest, rules, nowMs, spare)
  const totalBytes = sumOf(facts.filter((thread) => thread.veto !== 'scheduled'))
  const oldBytes = bytesOf(old)
  yield
  const large = yield* treesAbove(forest, rules, totalBytes - oldBytes, old, spare)
  yield
  const archives = yield* archivesOf(forest, rules, nowMs, new Set([...old, ...large]), spare)
  yield* paused(forest.trees, (tree) => spare(tree, refusalOf(tree) ?? none, () => false))
  // What one rule spared another one may take.
  yield* paused([...old, ...large], ({ members }) => {
    for (const { threadId } of members) spared.delete(threadId)
  })
  return {
    deletions: [
      ...[...old].map((tree) => ({ tree, why: 'deleteAfter' as const })),
      ...[...large].map((tree) => ({ tree, why: 'maxTotalBytes' as const })),
    ],
    archives,
    spared: [...spared.values()],
    totalBytes,
  }
}

type Spare = (tree: Tree, refusal: Refusal, wants: (one: ThreadFacts) => boolean) => void

/** Only threads of unknown age are told of where no rule asked for them, and those have a reason of their own. */
const none: Refusal = { why: 'age-unknown', because: '' as ThreadId }

const sumOf = (threads: readonly ThreadFacts[]): number =>
  threads.reduce((sum, thread) => sum + thread.bytes, 0)

const bytesOf = (trees: Iterable<Tree>): number =>
  [...trees].reduce((sum, tree) => sum + sumOf(tree.members), 0)

/** Why nothing may happen to a tree, whatever its age. */
function refusalOf({ members }: Tree): Refusal | undefined {
  const member = members.find((one) => one.veto !== undefined)
  return member?.veto && { why: member.veto, because: member.threadId }
}

const isOlder = ({ activeMs }: ThreadFacts, ageMs: number, nowMs: number): boolean =>
  nowMs - activeMs >= ageMs

/** Why a tree is not as old as a rule wants it, or may not go at all. */
function refusalByAge(tree: Tree, ageMs: number, nowMs: number): Refusal | undefined {
  const refusal = refusalOf(tree)
  if (refusal) return refusal
  const young = tree.members.find((member) => !isOlder(member, ageMs, nowMs))
  if (young) return { why: 'recent-relative', because: young.threadId }
  const recent = tree.forks.find(
    ({ fork }) => fork.veto === 'age-unknown' || !isOlder(fork, ageMs, nowMs),
  )
  return recent && { why: 'recent-fork', because: recent.fork.threadId }
}

function* oldTrees(
  forest: Forest,
  rules: RetentionRules,
  nowMs: number,
  spare: Spare,
): Generator<void, Set<Tree>> {
  const due = new Set<Tree>()
  const { deleteAfterMs } = rules
  if (deleteAfterMs === undefined) return due
  const wants = (one: ThreadFacts) => isOlder(one, deleteAfterMs, nowMs)
  yield* paused(forest.trees, (tree) => {
    const refusal = refusalByAge(tree, deleteAfterMs, nowMs)
    if (refusal) spare(tree, refusal, wants)
    else due.add(tree)
  })
  // One that stays keeps what it was forked from, which may keep more.
  const waiting = [...due]
  for (let tree = waiting.pop(), asked = 1; tree; tree = waiting.pop(), asked += 1) {
    if (asked % PIECE === 0) yield
    const stays = due.has(tree) ? forkThatStays(forest, tree, rules, due) : undefined
    if (!stays) continue
    due.delete(tree)
    spare(tree, { why: 'has-forks', because: stays }, wants)
    waiting.push(...tree.bases)
  }
  return due
}

/** Trees that were active longest ago, until what is left is below the limit. */
function* treesAbove(
  forest: Forest,
  rules: RetentionRules,
  bytes: number,
  old: ReadonlySet<Tree>,
  spare: Spare,
): Generator<void, Set<Tree>> {
  const taken = new Set<Tree>()
  const { maxTotalBytes } = rules
  if (maxTotalBytes === undefined) return taken
  const all = new Set(old)
  let left = bytes
  let waiting = yield* byActivity(forest.trees.filter((tree) => !old.has(tree)))
  const blocked = new Map<Tree, Refusal>()
  // A tree that a fork keeps can go once that one has: then those that were passed over are asked again.
  for (let isFruitful = true; isFruitful && left > maxTotalBytes; ) {
    isFruitful = false
    const passed: Tree[] = []
    for (const [index, tree] of waiting.entries()) {
      if (index % PIECE === PIECE - 1) yield
      const stays = forkThatStays(forest, tree, rules, all)
      const refusal = refusalOf(tree) ?? (stays && { why: 'has-forks' as const, because: stays })
      if (refusal) blocked.set(tree, refusal)
      else {
        blocked.delete(tree)
        all.add(tree)
        taken.add(tree)
        left -= sumOf(tree.members)
        isFruitful ||= [...tree.bases].some((base) => blocked.has(base))
      }
      if (refusal) passed.push(tree)
      if (!isFruitful && left > maxTotalBytes) continue
      passed.push(...waiting.slice(index + 1))
      break
    }
    waiting = passed
  }
  if (left > maxTotalBytes) for (const [tree, refusal] of blocked) spare(tree, refusal, () => true)
  return taken
}

/** By the last activity of a tree and of what was forked from it. */
function* byActivity(trees: readonly Tree[]): Generator<void, Tree[]> {
  const activities = new Map<Tree, number>()
  yield* paused(trees, (tree) => activities.set(tree, activityOf(tree)))
  return yield* sorted(trees, (a, b) => {
    const apart = activities.get(a)! - activities.get(b)!
    if (apart !== 0) return apart
    return a.members[0]!.threadId < b.members[0]!.threadId ? -1 : 1
  })
}

const activityOf = ({ members, forks }: Tree): number => {
  let latest = Number.NEGATIVE_INFINITY
  for (const { activeMs } of members) latest = Math.max(latest, activeMs)
  for (const { fork } of forks) latest = Math.max(latest, fork.activeMs)
  return latest
}

function* archivesOf(
  forest: Forest,
  rules: RetentionRules,
  nowMs: number,
  deleted: ReadonlySet<Tree>,
  spare: Spare,
): Generator<void, Tree[]> {
  const { archiveAfterMs } = rules
  if (archiveAfterMs === undefined) return []
  const due: Tree[] = []
  yield* paused(forest.trees, (tree) => {
    if (deleted.has(tree) || tree.members.every((member) => member.archived)) return
    const refusal = refusalByAge(tree, archiveAfterMs, nowMs)
    if (!refusal) due.push(tree)
    else spare(tree, refusal, (one) => !one.archived && isOlder(one, archiveAfterMs, nowMs))
  })
  return due
}

/** A fork that keeps a tree from being deleted: with `refuse` one by reference, with `cascade` any that may not go. */
function forkThatStays(
  forest: Forest,
  tree: Tree,
  { forks }: RetentionRules,
  due: ReadonlySet<Tree>,
): ThreadId | undefined {
  const stays = ({ fork, refers }: TreeFork): boolean => {
    if (due.has(forest.treeOf(fork.threadId)!)) return false
    if (forks === 'detach') return refers && !canBeRewritten(forest, fork)
    return refers || forks === 'cascade'
  }
  return tree.forks.find(stays)?.fork.threadId
}

/** Detaching rewrites a fork, and corrects offsets in the forks of it. None of those may be parked. */
function canBeRewritten(forest: Forest, fork: ThreadFacts): boolean {
  const seen = new Set<ThreadId>([fork.threadId])
  const waiting = [fork]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.veto === 'unavailable') return false
    for (const below of forest.forksOf(next.threadId)) {
      if (!below.refers || seen.has(below.fork.threadId)) continue
      seen.add(below.fork.threadId)
      waiting.push(below.fork)
    }
  }
  return true
}
