// Compress: the rollouts of a cold thread become zstd files that `zstd -d` and Codex read as well. The form is made
// and compared before this operation begins (compression/prepared-form.ts), under a lock that lets appends through;
// here it takes the place of the plain form.
// Survives: a crash before or after any step; one of the two forms is always whole and has its name, and readers take
// the plain one where both are there. A form whose thread was appended to meanwhile is not taken.

import path from 'node:path'
import { openPlainSource, sameContent, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { PreparedRollout } from '../compression/prepared-form.js'
import type { StoreContext } from '../context.js'
import { refuseChangedRollouts } from '../erasure/replace-rollout.js'
import { openCompressed } from '../files/rollout-sources.js'
import { stagedPath, unstage } from '../files/staging.js'
import type { UpgradableLock } from '../threads/lock-table.js'
import { refuseHidden, requireUsable } from '../threads/require-thread.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { refuseOtherWriter } from './append.js'
import { settleAppends } from './barrier.js'
import { defineOperation, type Step } from './operation.js'
import { type Publication, publishStep } from './publish.js'

interface CompressArgs {
  /** The row that the form was made from. */
  readonly row: ThreadRow
  readonly prepared: readonly PreparedRollout[]
  readonly lock: UpgradableLock
}

interface CompressPlan {
  readonly threadId: ThreadId
  readonly archived: boolean
  readonly publications: readonly Publication[]
  /** Of each publication, in the same order. */
  readonly sizes: readonly { readonly bytes: number; readonly compressedBytes: number }[]
}

export const compress = defineOperation<CompressArgs, CompressArgs, CompressPlan, void>({
  name: 'compress',

  async gather(context, args) {
    const { row, lock } = args
    await lock.upgrade()
    await settleAppends(context, [row.threadId])
    const state = await requireUsable(context, row.threadId)
    refuseOtherWriter(state, undefined)
    if (layoutOf(state.row) !== layoutOf(row)) {
      throw new StoreError('ROLLOUT_CHANGED', 'the thread was used while it was compressed', {
        retryable: true,
        detail: { threadId: row.threadId },
      })
    }
    // What another program has written behind the committed length must not go with the plain form.
    await refuseChangedRollouts(context, state)
    return { state: { ...args, row: state.row }, locks: lock.release }
  },

  plan: ({ row: { threadId, archived }, prepared }) => ({
    threadId,
    archived,
    publications: prepared.map(({ fileName }) => {
      return { threadId, archived, fileName: `${fileName}.zst` }
    }),
    sizes: prepared.map(({ bytes, compressedBytes }) => ({ bytes, compressedBytes })),
  }),

  /** What was staged under the names of the rollouts belongs to this operation from here on. */
  async stage(context, _plan, operationId, { prepared }) {
    for (const [index, one] of prepared.entries())
      await context.disk.rename(one.stagedPath, stagedPath(context, operationId, index))
    await context.disk.syncFolder(context.layout.stagingFolder)
  },

  abandon: (context, { publications }, operationId) =>
    unstage(context, operationId, publications.length),

  commit(context, { threadId, sizes }, _operationId, { row, prepared }) {
    refuseHidden(context, threadId)
    const done = new Set(prepared.map((one) => one.rolloutId))
    const rollouts = row.rollouts.map((rollout) =>
      done.has(rollout.rolloutId) ? { ...rollout, compressed: true } : rollout,
    )
    return {
      rows: [{ ...row, rollouts, generation: row.generation + 1 }],
      events: [{ type: 'thread.compressed', threadId, payload: { rollouts: sizes } }],
    }
  },

  steps: [publishStep(), verifyStep(), unlinkStep()],
  result: async () => {},
  locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
  threadsOf: ({ threadId }) => [threadId],
})

/** What must be as it was when the form was made. */
const layoutOf = ({ archived, rollouts }: ThreadRow): string =>
  JSON.stringify([archived, rollouts.map((one) => [one.fileName, one.bytes, one.compressed])])

/** A run that a crash has cut off trusts no form that it has not compared itself. */
function verifyStep(): Step<CompressPlan> {
  return {
    name: 'verify',
    async apply(context, plan, { resumed }) {
      if (!resumed) return
      for (const { plainPath, bytes } of placesOf(context, plan)) {
        const plain = await openPlainSource(context.disk, plainPath, bytes)
        if (!plain) continue
        try {
          const decoded = await openCompressed(context, `${plainPath}.zst`)
          try {
            if (decoded?.size === bytes && (await sameContent(decoded, plain))) continue
            throw damaged(plan)
          } finally {
            await decoded?.close()
          }
        } finally {
          await plain.close()
        }
      }
    },
  }
}

function unlinkStep(): Step<CompressPlan> {
  return {
    name: 'unlink',
    async apply(context, plan) {
      for (const { plainPath, compressedBytes } of placesOf(context, plan)) {
        const stat = await context.disk.stat(`${plainPath}.zst`)
        // The last name of the bytes is never taken away.
        if (stat?.bytes !== compressedBytes) throw damaged(plan)
        await context.disk.unlink(plainPath)
        await context.disk.syncFolder(path.dirname(plainPath))
      }
    },
  }
}

const placesOf = (context: StoreContext, { archived, publications, sizes }: CompressPlan) =>
  publications.map(({ fileName }, index) => {
    const plainName = fileName.slice(0, -'.zst'.length)
    const plainPath = context.layout.rolloutPath({ archived, fileName: plainName })
    return { plainPath, ...sizes[index]! }
  })

const damaged = ({ threadId }: CompressPlan): StoreError =>
  new StoreError('ROLLOUT_ZSTD_DAMAGED', 'the compressed form is not the rollout', {
    detail: { threadId },
  })
