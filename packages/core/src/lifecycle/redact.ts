// Redact lines of a thread that lives on: a secret that was pasted by mistake.
//
// From the commit on no read gives the old text: the lines are masked in memory at once, previews, names and values that
// repeat them go in the same batch. The steps then take the text off the disk: files rewritten, values and journal
// records erased from LevelDB, the rest of the files searched, the receipt issued.
// Survives: a crash before or after any step. Before the commit nothing has happened; after it the redaction finishes by
// itself, its masks are back before anybody reads, and no replay writes the text again: the barrier settled the appends,
// and the generation is raised. A step that fails leaves the threads parked and the redaction in `erasing`.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import { IdempotencyKeys, keysKey } from '../append/idempotency.js'
import type { StoreContext } from '../context.js'
import { findReceipt } from '../erasure/delete-receipt.js'
import { refuseRepeatingReason } from '../erasure/reason.js'
import type { Receipt } from '../proof/index.js'
import type { OrdinalSpan } from '../redaction/ordinal-spans.js'
import { rewriteFiles } from '../redaction/redact-files.js'
import type { RedactPlan } from '../redaction/redact-plan.js'
import { issueRedactionReceipt } from '../redaction/redact-receipt.js'
import { locksOfScope, type RedactScope, readRedactScope } from '../redaction/redact-scope.js'
import { firstKeys, scrubValues } from '../redaction/redact-values.js'
import { layoutOf } from '../redaction/redactions.js'
import { verifyRedacted } from '../redaction/verify-redacted.js'
import { refuseChangedPlan } from '../refuse-changed-plan.js'
import { refuseDead, refuseHidden } from '../threads/require-thread.js'
import { gatherLocked } from './barrier.js'
import { refuseHeld } from './hold.js'
import { defineOperation, type Step } from './operation.js'

export interface RedactArgs {
  readonly threadId: ThreadId
  readonly spans: readonly OrdinalSpan[]
  readonly reason: string
  readonly requestedBy: string | null
  readonly expectPlan: string | undefined
}

interface RedactState {
  readonly scope: RedactScope
  readonly locked: readonly ThreadId[]
  /** Idempotency keys of the owners, without what tells of the lines. */
  readonly keys: ReadonlyMap<ThreadId, IdempotencyKeys>
  readonly nowMs: number
}

export interface Redacted {
  readonly receipt: Receipt
  readonly plan: RedactPlan
}

export const redact = defineOperation<RedactArgs, RedactState, RedactPlan, Redacted>({
  name: 'redact',

  async gather(context, { threadId, spans, reason, expectPlan }) {
    const { state: scope, locks, locked } = await lockRedaction(context, threadId, spans)
    try {
      refuseChangedPlan(expectPlan, scope.planId)
      const rows = await context.threads.loadMany([...new Set([threadId, ...scope.owners])])
      await refuseRepeatingReason(
        context,
        reason,
        rows.flatMap((state) => (state ? [state.row] : [])),
      )
      await refuseWithoutRoom(context, scope)
      const keys = await keysWithout(context, scope)
      return { state: { scope, locked, keys, nowMs: context.journal.storeTimeMs() }, locks }
    } catch (error) {
      locks()
      throw error
    }
  },

  plan: ({ scope, nowMs }, { threadId, reason, requestedBy }) => ({
    threadId,
    planId: scope.planId,
    owners: scope.owners,
    targets: scope.found.targets,
    touched: touchedBy(threadId, scope),
    keys: scope.values.keys,
    pieces: scope.pieces,
    attachments: scope.values.attachments,
    events: scope.values.events,
    unnamed: scope.unnamed,
    copies: scope.copies,
    unsearched: scope.unsearched,
    reason,
    requestedBy,
    requestedAtMs: nowMs,
    committedAtMs: nowMs,
    files: scope.files.map(({ kind, stat }) => ({ kind, bytes: stat.bytes })),
    fileCount: scope.files.length,
    hardLinks: scope.files.filter(({ stat }) => stat.links > 1).length,
    items: scope.found.count,
    bytes: scope.found.bytes,
  }),

  async stage(context, _plan, operationId, { scope }) {
    context.deletions.begin(operationId, scope.found.probes.all)
  },

  async abandon(context, _plan, operationId) {
    context.deletions.end(operationId)
  },

  commit(context, plan, _operationId, { scope, keys }) {
    for (const id of plan.owners) refuseDead(context, id)
    refuseHidden(context, plan.threadId)
    refuseHeld(plan.owners.flatMap((id) => context.threads.peek(id)?.row ?? []))
    return {
      rows: scope.rows,
      events: [
        {
          type: 'items.redacted',
          threadId: null,
          payload: { threads: plan.owners.length, items: plan.items },
        },
        ...plan.unnamed.map((threadId) => ({
          type: 'thread.renamed',
          threadId,
          payload: { name: null },
        })),
      ],
      operations: [
        ...firstKeys(plan),
        ...[...keys].map(([id, kept]) => ({
          type: 'put' as const,
          key: keysKey(id),
          body: kept.encode(),
        })),
      ],
      applied() {
        for (const [id, kept] of keys) {
          const state = context.threads.peek(id)
          if (state) state.keys = kept
        }
        for (const id of plan.touched) {
          // Its values repeat the lines: a backup that has copied them copies them again.
          context.backups.note(id)
          const state = context.threads.peek(id)
          // What it knows of attachments is read anew.
          if (state) state.attachments = undefined
        }
        for (const target of plan.targets) {
          const row = context.threads.peek(target.threadId)?.row
          const rollout = row?.rollouts.find((one) => one.rolloutId === target.rolloutId)
          const patches = scope.found.patches.get(target.rolloutId)
          const known = rollout && patches && { layout: layoutOf(rollout), patches }
          context.redactions.hide(target, known)
        }
      },
    }
  },

  steps: [
    step('rewrite', async (context, plan, operationId) => {
      await rewriteFiles(context, plan.targets, operationId)
    }),
    step('scrub', (context, plan) => context.deletions.inTurn(() => scrubValues(context, plan))),
    step('verify', (context, plan, operationId) =>
      context.deletions.inTurn(() => verifyRedacted(context, plan, operationId)),
    ),
    step('receipt', async (context, plan, operationId) => {
      await issueRedactionReceipt(context, plan, operationId)
    }),
  ],

  settle: (context, _plan, operationId) => ({
    applied: () => context.deletions.end(operationId),
  }),

  async result(context, plan, operationId) {
    const receipt = await findReceipt(context, operationId)
    if (receipt) return { receipt, plan }
    throw new StoreError('RECEIPT_NOT_FOUND', `there is no receipt ${operationId}`)
  },

  locksOf: (plan) => ({ exclusive: plan.touched }),
  // Readers of the lines stay usable: they are masked. What would be written over is not.
  threadsOf: (plan) => plan.owners,
})

const touchedBy = (threadId: ThreadId, scope: RedactScope): ThreadId[] =>
  locksOfScope(threadId, scope)

/** With all that a scope names locked, one that reads the same under its locks stands. */
async function lockRedaction(
  context: StoreContext,
  id: ThreadId,
  spans: readonly OrdinalSpan[],
): Promise<{ state: RedactScope; locks: () => void; locked: readonly ThreadId[] }> {
  let locked: readonly ThreadId[] = [id]
  for (;;) {
    const attempt = await gatherLocked(context, { exclusive: locked }, () =>
      readRedactScope(context, id, spans),
    ).catch((error: unknown) => {
      // A relative that is being made or moved is read once it is locked, when nobody is at work with it.
      const busy = unreadable(error)
      if (busy === undefined || locked.includes(busy)) throw error
      return busy
    })
    if (typeof attempt === 'string') {
      locked = [...locked, attempt].sort()
      continue
    }
    const holding = new Set(locked)
    const needed = locksOfScope(id, attempt.state)
    if (needed.every((one) => holding.has(one))) return { ...attempt, locked }
    attempt.locks()
    locked = needed
  }
}

/** The thread of a rollout that could not be opened. */
function unreadable(error: unknown): ThreadId | undefined {
  const isAway = isStoreError(error, 'ROLLOUT_NOT_FOUND') || isStoreError(error, 'ROLLOUT_CHANGED')
  return isAway ? (error.detail.threadId as ThreadId | undefined) : undefined
}

/** One file at a time is written anew before the old one goes. @throws DISK_FULL */
async function refuseWithoutRoom(context: StoreContext, scope: RedactScope): Promise<void> {
  const needed = Math.max(0, ...scope.files.map(({ stat }) => stat.bytes))
  const { disk, layout, options, ballast } = context
  if ((await disk.freeBytes(layout.root)) < needed + options.ballastBytes) await ballast.release()
  const free = await disk.freeBytes(layout.root)
  if (needed <= free) return
  throw new StoreError('DISK_FULL', 'there is no room to write the rollout anew', {
    retryable: true,
    detail: { neededBytes: needed, freeBytes: free },
  })
}

async function keysWithout(
  context: StoreContext,
  { owners, found }: RedactScope,
): Promise<Map<ThreadId, IdempotencyKeys>> {
  const keys = new Map<ThreadId, IdempotencyKeys>()
  for (const id of owners) {
    const body = await context.journal.get(keysKey(id))
    const state = context.threads.peek(id)
    const present = state?.keys ?? (body && IdempotencyKeys.decode(body))
    if (!present) continue
    const spans = found.targets.flatMap((one) => (one.threadId === id ? one.spans : []))
    const meets = (first: number, last: number): boolean =>
      spans.some(({ from, to }) => from <= last && to >= first)
    keys.set(
      id,
      present.withoutDigests(meets, (key) => found.texts.include(key)),
    )
  }
  return keys
}

/** A step whose attempts and outcome the receipt will tell. Owners that died meanwhile are their delete's. */
function step(
  name: string,
  apply: (context: StoreContext, plan: RedactPlan, operationId: OperationId) => Promise<void>,
): Step<RedactPlan> {
  return {
    name,
    async apply(context, plan, { operationId }) {
      const { steps } = context.deletions.of(operationId)
      const progress = steps.get(name) ?? { attempts: 0, outcome: 'failed' as const, atMs: 0 }
      steps.set(name, progress)
      progress.attempts += 1
      progress.atMs = context.journal.storeTimeMs()
      // The receipt is issued inside of its own step, so it says of that step that it is done.
      progress.outcome = name === 'receipt' ? 'done' : 'failed'
      await apply(context, plan, operationId)
      progress.outcome = 'done'
    },
  }
}
