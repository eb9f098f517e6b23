// Delete threads: dead at the commit, gone when the receipt is there.
//
// The tombstone file gets the whole set first, then one synced batch commits it; from then on nothing brings a
// thread of it back. Everything after that is steps, which are repeated until they are done: forks are made
// independent, names unlinked, values scrubbed from LevelDB, the rest of the files searched, the receipt issued.
// Survives: a crash before or after any step. Before the commit nothing has happened; after it the delete finishes
// by itself. A step that fails leaves the delete in `erasing` and is tried again, with growing pauses.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { findReceipt, issueReceipt } from '../erasure/delete-receipt.js'
import {
  type DeleteScope,
  type ForksMode,
  readScope,
  refuseChangedPlan,
  refuseForks,
} from '../erasure/delete-scope.js'
import { detachFork } from '../erasure/detach.js'
import { namesOf, type StattedFile, statFiles } from '../erasure/names-on-disk.js'
import { takeProbes } from '../erasure/probes.js'
import { refuseRepeatingReason } from '../erasure/reason.js'
import { refuseChangedRollouts } from '../erasure/replace-rollout.js'
import {
  eraseFromLevel,
  removeEmptyDirectories,
  removeSetAsideLevels,
  removeValues,
} from '../erasure/scrub.js'
import { unlinkNames } from '../erasure/unlink.js'
import { verifyErased } from '../erasure/verify-erased.js'
import type { Receipt, ReceiptFile } from '../proof/index.js'
import { refuseDead, requireUsable } from '../threads/require-thread.js'
import { gatherLocked } from './barrier.js'
import { type DeletePlan, decodeDeletePlan, encodeDeletePlan } from './delete-plan.js'
import { directoriesOf } from './directory.js'
import { dropPointless } from './drop-operations.js'
import { defineOperation, type Step } from './operation.js'

export interface DeleteArgs {
  /** Living threads. */
  readonly roots: readonly ThreadId[]
  readonly alreadyDeleted: DeletePlan['alreadyDeleted']
  readonly forks: ForksMode
  readonly reason: string | null
  readonly requestedBy: string | null
  readonly expectPlan: string | undefined
}

interface DeleteState {
  readonly scope: DeleteScope
  readonly owned: readonly StattedFile[]
  readonly nowMs: number
}

/** Sets with more files than this get one line a kind in the receipt. */
const RECEIPT_FILES_MAX = 100

export const deleteThreads = defineOperation<DeleteArgs, DeleteState, DeletePlan, Receipt>({
  name: 'delete',

  async gather(context, { roots, forks, expectPlan, reason }) {
    const { state: scope, locks } = await lockScope(context, roots, forks)
    try {
      refuseChangedPlan(scope, expectPlan)
      refuseForks(scope, forks)
      await refuseRepeatingReason(context, reason, scope.rows)
      if (forks === 'detach') {
        await refuseChangedForks(context, scope)
        await refuseWithoutSpace(context, scope)
      }
      const dying = new Set(scope.rows.map((row) => row.threadId))
      const owned = await statFiles(
        context,
        (await namesOf(context, (id) => dying.has(id))).filter((file) => file.owner !== undefined),
      )
      const nowMs = context.journal.storeTimeMs()
      return {
        state: { scope, owned, nowMs },
        locks,
      }
    } catch (error) {
      locks()
      throw error
    }
  },

  plan: ({ scope, owned, nowMs }, args) => ({
    threadIds: scope.rows.map((row) => row.threadId),
    planId: scope.planId,
    forks: args.forks,
    detach: args.forks === 'detach' ? scope.references : [],
    rewritten: scope.rewritten,
    directories: [...new Set(scope.rows.flatMap(directoriesOf))],
    survivors: [
      ...scope.references.map((threadId) => ({ threadId, kind: 'reference' as const })),
      ...scope.copies.map((threadId) => ({ threadId, kind: 'copy' as const })),
    ],
    alreadyDeleted: args.alreadyDeleted,
    reason: args.reason,
    requestedBy: args.requestedBy,
    requestedAtMs: nowMs,
    committedAtMs: nowMs,
    files: receiptFiles(owned),
    fileCount: owned.length,
    hardLinks: otherLinks(owned),
    bytes: scope.bytes,
    items: scope.items,
  }),

  encode: encodeDeletePlan,
  decode: decodeDeletePlan,

  async stage(context, plan, operationId, { scope }) {
    await makeRoom(context)
    context.deletions.begin(operationId, await takeProbes(context, scope.rows))
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
    return {
      operations: [{ type: 'put', key: deleteSetKey(operationId), body: new Uint8Array(0) }],
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
        context.deletions.of(operationId).release?.()
        for (const id of plan.threadIds) endWriter(context, id, operationId)
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
    step('unlink', async (context, plan, _operationId, resumed) => {
      await dropPointless(context)
      const dying = new Set(plan.threadIds)
      await unlinkNames(context, (id) => dying.has(id), { resumed })
    }),
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

  settle: (context, _plan, operationId) => ({
    applied: () => context.deletions.end(operationId),
  }),

  async result(context, _plan, operationId) {
    const receipt = await findReceipt(context, operationId)
    if (receipt) return receipt
    throw new StoreError('RECEIPT_NOT_FOUND', `there is no receipt ${operationId}`)
  },

  locksOf: (plan) => ({ exclusive: [...plan.threadIds, ...plan.rewritten] }),
  // The dead cannot be parked; a fork that could not be detached can.
  threadsOf: (plan) => plan.detach,
})

/** Proof in LevelDB that the batch of a delete is there: it decides about a tombstone that a crash left open. */
export const deleteSetKey = (operationId: string): string => `d/${operationId}`

export const deletedSetsRange = { gt: 'd/', lt: 'd0' } as const

/** A step whose attempts and outcome the receipt will tell. */
function step(
  name: string,
  apply: (
    context: StoreContext,
    plan: DeletePlan,
    operationId: OperationId,
    resumed: boolean,
  ) => Promise<void>,
): Step<DeletePlan> {
  return {
    name,
    async apply(context, plan, { operationId, resumed }) {
      const { steps } = context.deletions.of(operationId)
      const progress = steps.get(name) ?? { attempts: 0, outcome: 'failed' as const, atMs: 0 }
      steps.set(name, progress)
      progress.attempts += 1
      progress.atMs = context.journal.storeTimeMs()
      // The receipt is issued inside of its own step, so it says of that step that it is done.
      progress.outcome = name === 'receipt' ? 'done' : 'failed'
      await apply(context, plan, operationId, resumed)
      progress.outcome = 'done'
    },
  }
}

/** With all that a scope names locked it cannot grow, so a scope that reads the same under its locks stands. */
async function lockScope(
  context: StoreContext,
  roots: readonly ThreadId[],
  forks: ForksMode,
): Promise<{ state: DeleteScope; locks: () => void }> {
  let expected = await readScope(context, roots, forks)
  for (;;) {
    const exclusive = [...expected.rows.map((row) => row.threadId), ...expected.rewritten]
    const attempt = await gatherLocked(context, { exclusive }, async () => {
      for (const id of roots) refuseDead(context, id)
      return readScope(context, roots, forks)
    })
    const same =
      attempt.state.planId === expected.planId &&
      attempt.state.rewritten.length === expected.rewritten.length
    if (same) return attempt
    attempt.locks()
    expected = attempt.state
  }
}

/** A fork whose rollout is not as it was committed cannot be rewritten; the delete does not begin. */
async function refuseChangedForks(context: StoreContext, scope: DeleteScope): Promise<void> {
  for (const id of scope.rewritten) {
    await refuseChangedRollouts(context, await requireUsable(context, id))
  }
}

/** Copies of what forks inherit need room; without it the delete does not begin. */
async function refuseWithoutSpace(context: StoreContext, scope: DeleteScope): Promise<void> {
  if (scope.references.length === 0) return
  let needed = 0
  for (const id of scope.rewritten) {
    const state = await context.threads.load(id)
    for (const { base, bytes } of state?.row.rollouts ?? []) {
      // A fork may inherit all that its bases hold, and is written anew before the old file goes.
      if (base) needed += bytes + scope.bytes
    }
  }
  const free = await context.disk.freeBytes(context.layout.root)
  if (needed <= free) return
  throw new StoreError('DISK_FULL', 'there is no room for the lines that forks inherit', {
    retryable: true,
    detail: { neededBytes: needed, freeBytes: free },
  })
}

/** A delete must succeed on a full disk: it frees space. */
async function makeRoom(context: StoreContext): Promise<void> {
  const free = await context.disk.freeBytes(context.layout.root)
  if (free < context.options.ballastBytes) await context.ballast.release()
}

function endWriter(context: StoreContext, id: ThreadId, operationId: OperationId): void {
  const writer = context.threads.peek(id)?.writer
  writer?.end(
    new StoreError('THREAD_DELETED', `thread ${id} is deleted`, {
      detail: { threadId: id, receiptId: operationId },
    }),
  )
}

/** Files that have names outside of the set, which the engine cannot know. */
function otherLinks(owned: readonly StattedFile[]): number {
  const names = new Map<string, number>()
  for (const { stat } of owned) names.set(stat.identity, (names.get(stat.identity) ?? 0) + 1)
  const files = new Map(owned.map(({ stat }) => [stat.identity, stat.links]))
  return [...files].filter(([identity, links]) => links > (names.get(identity) ?? 0)).length
}

function receiptFiles(owned: readonly StattedFile[]): ReceiptFile[] {
  if (owned.length <= RECEIPT_FILES_MAX) {
    return owned.map(({ kind, stat }) => ({ kind, bytes: stat.bytes }))
  }
  const sums = new Map<string, number>()
  for (const { kind, stat } of owned) sums.set(kind, (sums.get(kind) ?? 0) + stat.bytes)
  return [...sums].map(([kind, bytes]) => ({ kind, bytes }))
}
