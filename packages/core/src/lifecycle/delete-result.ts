// What a delete answers: what it would take, what it took, what is left to do, and the receipt.

import type { ThreadId } from '@cenotaph/rollout'
import type { SparedThread } from '../erasure/thread-selection.js'
import type { WaitingParticipant } from '../participants/erase-with-participants.js'
import type { Receipt } from '../proof/index.js'

export interface PendingStep {
  readonly step: string
  readonly reason: string
  /** ISO 8601 UTC; null where no try is planned before `reopen`. */
  readonly nextTry: string | null
  /** Tries of the whole that failed, over all processes. */
  readonly attempts: number
  /** Whom the step waits for, where it is `delete.participants`. */
  readonly participants: readonly WaitingParticipant[]
}

export interface DeleteResult {
  readonly state: 'planned' | 'scheduled' | 'erasing' | 'deleted'
  /** Null for a repeat: the receipt does not tell it. */
  readonly planId: string | null
  /** What this call deletes: the threads asked for and what goes with them. */
  readonly threadIds: readonly ThreadId[]
  readonly alreadyDeleted: readonly { readonly threadId: ThreadId; readonly receiptId: string }[]
  /** Forks that refuse a plan, are detached, or survive as copies. */
  readonly forks: readonly ThreadId[]
  /** Those of `forks` that hold copies of what they inherit: they never refuse a plan. Of a plan alone. */
  readonly forksByCopy: readonly ThreadId[]
  /** Threads on hold: they refuse a plan, and a selection spares them with every tree that has one in it. */
  readonly held: readonly ThreadId[]
  /** The same for threads that a live writer has, of a selection alone: threads that are named are deleted. */
  readonly live: readonly ThreadId[]
  /** Threads that a selection describes and does not take. */
  readonly spared: readonly SparedThread[]
  /** Of a plan: the code with which the delete would refuse as things are. */
  readonly wouldRefuse: 'THREAD_HELD' | 'THREAD_HAS_FORKS' | null
  readonly bytes: number
  /** Names that went; of a repeat, as many as the receipt lists. */
  readonly files: number
  /** Of what is scheduled, or planned to be: when it is due. ISO 8601 UTC. */
  readonly deleteAfter: string | null
  readonly pending: readonly PendingStep[]
  readonly receipt: Receipt | null
}

export const nothingDeleted = {
  planId: null,
  threadIds: [],
  alreadyDeleted: [],
  forks: [],
  forksByCopy: [],
  held: [],
  live: [],
  spared: [],
  wouldRefuse: null,
  bytes: 0,
  files: 0,
  deleteAfter: null,
  pending: [],
  receipt: null,
} as const
