// Materialise: a compressed rollout becomes plain again, because something is about to be appended.
// Survives: a crash before or after any step; one of the two forms is always whole, and readers take the plain
// one where both are there.

import path from 'node:path'
import { copySource, type ThreadId, tallied } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { openCompressed } from '../files/rollout-sources.js'
import { stageBytes, stagedPath } from '../files/staging.js'
import { refuseArchived, refuseHidden, requireUsable } from '../threads/require-thread.js'
import { changedBytes, differs, refuseChangedBytes } from '../threads/rollout-checksum.js'
import { currentRollout, type ThreadRow, withCurrentRollout } from '../threads/thread-row.js'
import { gatherLocked } from './barrier.js'
import { defineOperation, type Step } from './operation.js'

interface MaterialisePlan {
  readonly threadId: ThreadId
  readonly archived: boolean
  /** Plain name. */
  readonly fileName: string
  /** Length that the plain form must have. */
  readonly bytes: number
  /** Checksum that it must have, where there is one. */
  readonly crc32?: number
  /** Nothing to do: somebody else materialised it while this call waited for the lock. */
  readonly done: boolean
}

export const materialise = defineOperation<
  { readonly threadId: ThreadId },
  ThreadRow,
  MaterialisePlan,
  void
>({
  name: 'materialise',

  gather: (context, { threadId }) =>
    gatherLocked(context, { exclusive: [threadId] }, async () => {
      const state = await requireUsable(context, threadId)
      refuseArchived(state)
      const rollout = currentRollout(state.row)
      // Asked before the commit: behind it the thread would be parked until somebody repairs.
      if (rollout.compressed) await refuseChangedBytes(context, state.row, rollout)
      return state.row
    }),

  plan(row) {
    const { fileName, bytes, crc32, compressed } = currentRollout(row)
    const { threadId, archived } = row
    const sum = crc32 === undefined ? {} : { crc32 }
    return { threadId, archived, fileName, bytes, ...sum, done: !compressed }
  },

  commit(context, plan, _operationId, row) {
    refuseHidden(context, plan.threadId)
    if (plan.done) return {}
    const plain = withCurrentRollout(row, { compressed: false })
    return {
      rows: [{ ...plain, generation: row.generation + 1 }],
      events: [{ type: 'thread.materialised', threadId: row.threadId, payload: {} }],
    }
  },

  steps: [decodeStep(), replaceStep()],
  result: async () => {},
  locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
  threadsOf: ({ threadId }) => [threadId],
})

function decodeStep(): Step<MaterialisePlan> {
  return {
    name: 'decode',
    async apply(context, plan, { operationId }) {
      if (plan.done) return
      const plainPath = context.layout.rolloutPath(plan)
      if (await context.disk.stat(plainPath)) {
        // Linked before a crash: its name must be durable before the compressed one goes.
        await context.disk.syncFolder(path.dirname(plainPath))
        return
      }
      const source = await openCompressed(context, `${plainPath}.zst`)
      if (!source) {
        throw new StoreError('ROLLOUT_NOT_FOUND', 'the compressed rollout is gone', {
          detail: { threadId: plan.threadId },
        })
      }
      const staged = stagedPath(context, operationId)
      try {
        const tally = tallied(source)
        const bytes = await stageBytes(context, staged, async (put) => {
          await copySource(tally.source, put)
        })
        if (bytes !== plan.bytes) {
          throw new StoreError('ROLLOUT_DAMAGED', 'the compressed rollout has another length', {
            detail: { threadId: plan.threadId, bytes, committedBytes: plan.bytes },
          })
        }
        // A foreign compressed rollout need not have a checksum of its own, and time has passed since the commit.
        if (differs(plan, await tally.checksum())) throw changedBytes(plan.threadId, plan.bytes)
      } finally {
        await source.close()
      }
      await context.disk.link(staged, plainPath)
      await context.disk.syncFolder(path.dirname(plainPath))
    },
  }
}

function replaceStep(): Step<MaterialisePlan> {
  return {
    name: 'replace',
    async apply(context, plan, { operationId }) {
      if (plan.done) return
      const plainPath = context.layout.rolloutPath(plan)
      await context.disk.unlink(`${plainPath}.zst`)
      await context.disk.syncFolder(path.dirname(plainPath))
      await context.disk.unlink(stagedPath(context, operationId))
      await context.disk.syncFolder(context.layout.stagingFolder)
    },
  }
}
