// Delete threads: dead at the commit, gone when the receipt is there.
//
// The tombstone file gets the whole set first, then one synced batch commits it; from then on nothing brings a
// thread of it back. Everything after that is steps, which are repeated until they are done: forks are made
// independent, names unlinked, values scrubbed from LevelDB, the rest of the files searched, the receipt issued.
// Survives: a crash before or after any step. Before the commit nothing has happened; after it the delete finishes
// by itself. A step that fails leaves the delete in `erasing` and is tried again, with growing pauses.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { breathe, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { findReceipt, issueReceipt } from '../erasure/delete-receipt.js'
import type { DeleteScope, ForksMode } from '../erasure/delete-scope.js'
import { detachFork } from '../erasure/detach.js'
import { namesOfThreads, type OwnedFile } from '../erasure/names-on-disk.js'
import { takeProbes } from '../erasure/probes.js'
import { type ReceiptFacts, receiptFacts } from '../erasure/receipt-facts.js'
import {
  eraseFromLevel,
  removeEmptyDirectories,
  removeSetAsideLevels,
  removeValues,
} from '../erasure/scrub.js'
import { unlinkNames } from '../erasure/unlink.js'
import { verifyErased } from '../erasure/verify-erased.js'
import { mapInPieces } from '../in-pieces.js'
import { eraseWithParticipants } from '../participants/erase-with-participants.js'
import { dropProgress, saveProgress } from '../participants/progress.js'
import type { Receipt } from '../proof/index.js'
import { refuseDead } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { packUuids } from '../tombstones/index.js'
import { type DeletePlan, decodeDeletePlan, encodeDeletePlan } from './delete-plan.js'
import { lockScope, refuseScope, refuseWithoutSpace } from './delete-scope-locks.js'
import { dropPointless } from './drop-operations.js'
import { endWriters } from './end-writers.js'
import { refuseHeld } from './hold.js'
import { defineOperation, type Step } from './operation.js'

export type Recheck = (rows: readonly ThreadRow[]) => Promise<void>

export interface DeleteArgs {
  /** Living threads. */
  readonly roots: readonly ThreadId[]
  readonly alreadyDeleted: DeletePlan['alreadyDeleted']
  readonly forks: ForksMode
  readonly reason: string | null
  readonly requestedBy: string | null
  readonly expectPlan: string | undefined
  /** Rejects where threads are no longer what they were chosen for; asked under the locks of all that dies. */
  readonly recheck?: Recheck | undefined
}

interface DeleteState {
  readonly scope: DeleteScope
  /** What the one walk found: files of the set, and temporaries of nobody. */
  readonly names: readonly OwnedFile[]
  readonly facts: ReceiptFacts
  readonly ids: readonly ThreadId[]
  /** Ids of the set as they are journaled: ready before the turn that commits them. */
  readonly packedIds: Uint8Array
  readonly nowMs: number
}

export interface Deleted {
  readonly receipt: Receipt
  readonly planId: string
  readonly fileCount: number
}

export const deleteThreads = defineOperation<DeleteArgs, DeleteState, DeletePlan, Deleted>({
  name: 'delete',

  async gather(context, args) {
    const { roots, forks } = args
    const { state: scope, locks } = await lockScope(context, roots, forks)
    try {
      await refuseScope(context, scope, args)
      if (forks === 'detach') await refuseWithoutSpace(context, scope)
      const ids = await mapInPieces(scope.rows, (row) => row.threadId)
      const names = await namesOfThreads(context, ids)
      const facts = await receiptFacts(context, names)
      const packedIds = await packUuids(ids)
      const nowMs = context.journal.storeTimeMs()
      return { state: { scope, names, facts, ids, packedIds, nowMs }, locks }
    } catch (error) {
      locks()
      throw error
    }
  },

  plan: ({ scope, facts, ids, nowMs }, args) => ({
    threadIds: ids,
    planId: scope.planId,
    forks: args.forks,
    detach: args.forks === 'detach' ? scope.references : [],
    rewritten: scope.rewritten,
    directories: scope.directories,
    participants: [],
    survivors: [
      ...scope.references.map((threadId) => ({ threadId, kind: 'reference' as const })),
      ...scope.copies.map((threadId) => ({ threadId, kind: 'copy' as const })),
    ],
    alreadyDeleted: args.alreadyDeleted,
    reason: args.reason,
    requestedBy: args.requestedBy,
    requestedAtMs: nowMs,
    committedAtMs: nowMs,
    ...facts,
    bytes: scope.bytes,
    items: scope.items,
  }),

  encode: (plan, { packedIds }) => encodeDeletePlan(plan, packedIds),
  decode: decodeDeletePlan,

  async stage(context, plan, operationId, { scope, names }) {
    await makeRoom(context)
    context.deletions.begin(operationId, await takeProbes(context, scope.rows), names)
    const release = await context.deletions.exclusively()
    // Whoever waits behind this one is let through to learn of a failure, instead of waiting for ever.
    const stopListening = context.journal.onFailure(release)
    context.deletions.of(operationId).release = () => {
      stopListening()
      release()
    }
    await context.tombstones.prepare({
      operationId,
      at: plan.committedAtMs,
      ids: plan.threadIds,
      parentIds: scope.rows.map((row) => row.parentThreadId),
    })
  },

  async abandon(context, _plan, operationId) {
    const { release } = context.deletions.of(operationId)
    context.deletions.end(operationId)
    try {
      if (context.tombstones.prepared().some((set) => set.operationId === operationId)) {
        await context.tombstones.abort(operationId)
      }
    } finally {
      release?.()
    }
  },

  commit(context, plan, operationId, { scope }) {
    for (const id of plan.threadIds) refuseDead(context, id)
    plan.participants?.push(...context.participants.names())
    refuseHeld(scope.rows, (row) => context.threads.peek(row.threadId)?.row ?? row)
    const waiting = context.schedules.without(plan.threadIds)
    return {
      operations: [
        { type: 'put', key: deleteSetKey(operationId), body: new Uint8Array(0) },
        ...waiting.operations,
      ],
      events: [
        {
          type: 'threads.deleted',
          threadId: null,
          payload: { operationId, threads: plan.threadIds.length },
        },
      ],
      applied() {
        context.dead.add({
          operationId,
          ids: plan.threadIds,
          parentIds: scope.rows.map((row) => row.parentThreadId),
        })
        waiting.applied()
        context.deletions.of(operationId).release?.()
        context.backups.noteAll(plan.threadIds)
        endWriters(context, plan.threadIds, (id) => deletedError(id, operationId))
      },
    }
  },

  steps: [
    step('detach', async (context, plan) => {
      let failure: unknown
      for (const id of plan.detach) {
        // One that cannot be detached must not leave the next ones half done.
        await detachFork(context, id).catch((error: unknown) => {
          failure ??= error
        })
      }
      if (failure !== undefined) throw failure
    }),
    step(
      'unlink',
      async (context, plan, operationId, resumed) => {
        await dropPointless(context)
        const dying = new Set(plan.threadIds)
        const deletion = context.deletions.of(operationId)
        if (resumed) deletion.names = undefined
        await unlinkNames(context, (id) => dying.has(id), deletion.names)
      },
      forksOutside,
    ),
    step('participants', eraseWithParticipants),
    step('scrub', async (context, plan, operationId) => {
      const deletion = context.deletions.of(operationId)
      await context.deletions.inTurn(async () => {
        await removeValues(context, plan.threadIds)
        deletion.directories = await removeEmptyDirectories(context, plan.directories)
        await removeSetAsideLevels(context)
        await eraseFromLevel(context, plan.threadIds, deletion.directories)
      })
    }),
    step('verify', (context, plan, operationId) =>
      context.deletions.inTurn(() => verifyErased(context, plan, operationId)),
    ),
    step('receipt', async (context, plan, operationId) => {
      await issueReceipt(context, plan, operationId)
    }),
  ],

  failed: (context, operationId) => saveProgress(context, operationId),
  settle: (context, _plan, operationId) => ({
    operations: [dropProgress(operationId)],
    applied: () => context.deletions.end(operationId),
  }),

  async result(context, { planId, fileCount }, operationId) {
    const receipt = await findReceipt(context, operationId)
    if (receipt) return { receipt, planId, fileCount }
    throw new StoreError('RECEIPT_NOT_FOUND', `there is no receipt ${operationId}`)
  },

  locksOf: (plan) => ({ exclusive: [...plan.threadIds, ...plan.rewritten] }),
  // The dead cannot be parked; a fork that could not be detached can.
  threadsOf: (plan) => plan.detach,
})

/** Proof in LevelDB that the batch of a delete is there: it decides about a tombstone that a crash left open. */
export const deleteSetKey = (operationId: string): string => `${deletedSetsPrefix}${operationId}`

export const deletedSetsPrefix = 'd/'

/** They are whole and on their own: nobody waits with them for a participant. */
function forksOutside({ rewritten, threadIds }: DeletePlan): readonly ThreadId[] {
  const dying = new Set(threadIds)
  return rewritten.filter((id) => !dying.has(id))
}

/** A step whose attempts and outcome the receipt will tell. */
function step(
  name: string,
  apply: (
    context: StoreContext,
    plan: DeletePlan,
    operationId: OperationId,
    resumed: boolean,
  ) => Promise<void>,
  releases: (plan: DeletePlan) => readonly ThreadId[] = () => [],
): Step<DeletePlan> {
  return {
    name,
    releases,
    async apply(context, plan, { operationId, resumed }) {
      const { steps } = context.deletions.of(operationId)
      const progress = steps.get(name) ?? { attempts: 0, outcome: 'failed' as const, atMs: 0 }
      steps.set(name, progress)
      progress.attempts += 1
      progress.atMs = context.journal.storeTimeMs()
      // The receipt is issued inside of its own step, so it says of that step that it is done.
      progress.outcome = name === 'receipt' ? 'done' : 'failed'
      // What one step of a large set ends with, and what the next one begins with, are not one turn of the event loop.
      await breathe()
      await apply(context, plan, operationId, resumed)
      progress.outcome = 'done'
    },
  }
}

/** A delete must succeed on a full disk: it frees space. */
async function makeRoom(context: StoreContext): Promise<void> {
  const free = await context.disk.freeBytes(context.layout.root)
  if (free < context.options.ballastBytes) await context.ballast.release()
}

const deletedError = (id: ThreadId, operationId: OperationId): StoreError =>
  new StoreError('THREAD_DELETED', `thread ${id} is deleted`, {
    detail: { threadId: id, receiptId: operationId },
  })
