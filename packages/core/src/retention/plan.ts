// The plan of retention: what would go, by which rule and when, and what is spared. Changes nothing. Its id binds a run
// to what somebody looked at: the same policy, the same threads, the same last activity of each.

import { createHash } from 'node:crypto'
import type { ThreadId } from '@cenotaph/rollout'
import { breathe } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { inPieces, inTurns, sorted } from '../in-pieces.js'
import { type Decision, decide, type Spared } from './decide.js'
import { readFacts, type ThreadFacts } from './facts.js'
import { type RetentionPolicy, type RetentionRules, rulesOf } from './policy.js'
import { readPolicy } from './stored-policy.js'

export interface DueThread {
  readonly threadId: ThreadId
  readonly action: 'archive' | 'delete'
  readonly why: 'archiveAfter' | 'deleteAfter' | 'maxTotalBytes'
  /** ISO 8601 UTC: the last that the thread itself records. */
  readonly lastActivity: string
  readonly bytes: number
  /** Until then a deletion can be taken back; null for what is archived. */
  readonly deleteAfter: string | null
}

export interface RetentionPlan {
  readonly planId: string
  /** The clock has jumped, and nothing is due before `sweep({ confirmClock: true })` or a day later. */
  readonly unconfirmed: boolean
  /** Of all threads but those that are scheduled for deletion already. */
  readonly totalBytes: number
  readonly due: readonly DueThread[]
  readonly spared: readonly Spared[]
}

/** A plan, and what must still be so when it is carried out. */
export interface BoundPlan {
  readonly plan: RetentionPlan
  readonly rules: RetentionRules | undefined
  readonly nowMs: number
  readonly deletions: readonly ThreadFacts[]
  readonly archives: readonly ThreadFacts[]
  /** Last activity of each thread of a tree that is touched, and of each fork of one that is deleted. */
  readonly expected: ReadonlyMap<ThreadId, number>
}

export async function planRetention(context: StoreContext): Promise<BoundPlan> {
  const policy = await readPolicy(context)
  const { trustedClock } = context
  const nowMs = trustedClock.nowMs()
  if (!policy) return boundPlan(policy, undefined, nowMs, nothing, false)
  const rules = rulesOf(policy)
  // A clock that may be years ahead would make everything due.
  if (!trustedClock.confirmed) return boundPlan(policy, rules, nowMs, nothing, true)
  const facts = await readFacts(context, rules, nowMs)
  const decision = await inTurns(decide(facts, rules, nowMs))
  return boundPlan(policy, rules, nowMs, decision, false)
}

const nothing: Decision = { deletions: [], archives: [], spared: [], totalBytes: 0 }

async function boundPlan(
  policy: RetentionPolicy | null,
  rules: RetentionRules | undefined,
  nowMs: number,
  { deletions, archives, spared, totalBytes }: Decision,
  unconfirmed: boolean,
): Promise<BoundPlan> {
  const expected = new Map<ThreadId, number>()
  const due: DueThread[] = []
  const dying: ThreadFacts[] = []
  const deleteAfter = new Date(nowMs + (rules?.graceMs ?? 0)).toISOString()
  for await (const piece of inPieces(deletions)) {
    for (const { tree, why } of piece) {
      for (const member of tree.members) {
        expected.set(member.threadId, member.activeMs)
        dying.push(member)
        due.push(dueThread(member, 'delete', why, deleteAfter))
      }
      for (const { fork } of tree.forks) expected.set(fork.threadId, fork.activeMs)
    }
  }
  const leaving: ThreadFacts[] = []
  for await (const piece of inPieces(archives)) {
    for (const { members } of piece) {
      for (const member of members) {
        expected.set(member.threadId, member.activeMs)
        if (member.archived) continue
        leaving.push(member)
        due.push(dueThread(member, 'archive', 'archiveAfter', null))
      }
    }
  }
  const inOrder = await inTurns(sorted(due, (a, b) => (a.threadId < b.threadId ? -1 : 1)))
  await breathe()
  return {
    plan: {
      planId: await planIdOf(policy, inOrder),
      unconfirmed,
      totalBytes,
      due: inOrder,
      spared,
    },
    rules,
    nowMs,
    deletions: dying,
    archives: leaving,
    expected,
  }
}

const dueThread = (
  { threadId, activeMs, bytes }: ThreadFacts,
  action: DueThread['action'],
  why: DueThread['why'],
  deleteAfter: string | null,
): DueThread => ({
  threadId,
  action,
  why,
  lastActivity: new Date(activeMs).toISOString(),
  bytes,
  deleteAfter,
})

async function planIdOf(
  policy: RetentionPolicy | null,
  due: readonly DueThread[],
): Promise<string> {
  const hash = createHash('sha256')
  hash.update(JSON.stringify(policy))
  for await (const piece of inPieces(due)) {
    for (const { deleteAfter: _, ...thread } of piece) hash.update(JSON.stringify(thread))
  }
  return hash.digest('hex').slice(0, 32)
}
