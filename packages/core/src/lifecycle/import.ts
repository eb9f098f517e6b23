// Import one thread from rollouts elsewhere: its files byte for byte, its row, its event. A thread that is here
// already is extended where ours is an exact prefix of the source; anything else is left alone and reported.
// Survives: a crash before or after any step; the thread is as before or as imported.

import { parseThreadId, type RolloutSource, summarise, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openSource } from '../files/rollout-sources.js'
import { stageBytes, stagedPath, unstage } from '../files/staging.js'
import { openRollout } from '../reading/open-rollout.js'
import { type RolloutReading, rowOf } from '../threads/new-row.js'
import { ownerOf } from '../threads/relatives.js'
import { refuseDead } from '../threads/require-thread.js'
import { type ThreadRow, threadRange } from '../threads/thread-row.js'
import type { SourceRollout, SourceThread } from '../transfer/import-sources.js'
import { samePrefix } from '../transfer/same-prefix.js'
import { gatherLocked } from './barrier.js'
import { placeInDirectory } from './directory.js'
import { defineOperation } from './operation.js'
import { type Publication, publishStep } from './publish.js'

/** What a backup knows of a thread beside its rollouts. */
export interface KeptThread {
  readonly row: ThreadRow
  /** Under the thread's prefix: keys without it. */
  readonly values: readonly (readonly [key: string, body: Uint8Array])[]
}

interface ImportArgs {
  readonly source: SourceThread
  readonly seen: (imported: ImportedThread) => void
  /** Asked where the thread is not here yet. */
  readonly kept?: () => Promise<KeptThread>
}

interface ImportState extends ImportArgs {
  readonly present: ThreadRow | undefined
  /** Filled in by `stage`. */
  values: KeptThread['values']
  /** Filled in by `stage`. */
  row: ThreadRow | undefined
  readings: RolloutReading[]
}

interface ImportPlan {
  readonly threadId: ThreadId
  readonly publications: readonly Publication[]
}

export interface ImportedThread {
  readonly row: ThreadRow
  readonly readings: readonly RolloutReading[]
}

const COPY_BYTES = 1024 * 1024

export const importThread = defineOperation<ImportArgs, ImportState, ImportPlan, ThreadId>({
  name: 'import',

  async gather(context, args) {
    const { source } = args
    const { threadId } = source
    const request = { exclusive: [threadId], shared: await relativesOf(context, source) }
    return gatherLocked(context, request, async () => {
      refuseDead(context, threadId)
      if (await context.options.companion.knows(threadId)) throw skip('ephemeral', threadId)
      if (context.schedules.has(threadId)) throw skip('scheduled', threadId)
      refuseDeadContent(context, source)
      refuseDeadParent(context, source)
      const present = (await context.threads.load(threadId))?.row
      return { ...args, present, row: undefined, readings: [], values: [] }
    })
  },

  plan: ({ source, present }) => ({
    threadId: source.threadId,
    publications: source.rollouts.map((rollout) => publicationOf(source, rollout, present)),
  }),

  async stage(context, plan, operationId, state) {
    const { source, present } = state
    for (const [index, rollout] of source.rollouts.entries()) {
      const staged = `${stagedPath(context, operationId, index)}${rollout.compressed ? '.zst' : ''}`
      await stageCopy(context, rollout.path, staged)
      const copy = await openSource(context, staged)
      if (!copy) throw new StoreError('ROLLOUT_NOT_FOUND', 'a staged rollout is gone')
      try {
        const summary = await summarise(copy, {
          expectedThreadId: source.threadId,
          maxLineBytes: context.options.maxLineBytes,
        })
        const { rolloutId, fileName, compressed } = rollout
        state.readings.push({ rolloutId, fileName, compressed, summary })
        if (present) await refuseDiverged(context, present, rollout, copy)
      } finally {
        await copy.close()
      }
      if (rollout.compressed) {
        await context.disk.rename(staged, stagedPath(context, operationId, index))
      }
    }
    await context.disk.syncFolder(context.layout.stagingFolder)
    if (present) refuseUnchanged(present, state.readings)
    const archived = plan.publications[0]?.archived ?? false
    state.row = rowOf(
      {
        threadId: source.threadId,
        name: present?.name ?? source.name ?? null,
        archived,
        archivedAt: present?.archivedAt ?? (archived ? context.journal.storeTimeMs() : null),
        generation: (present?.generation ?? 0) + 1,
        kept: present,
        fallbackTimeMs: context.journal.storeTimeMs(),
      },
      state.readings,
    )
    if (present || !state.kept) return
    const kept = await state.kept()
    state.values = kept.values
    state.row = keptRow(kept.row, state.row)
  },

  async abandon(context, plan, operationId) {
    await unstage(context, operationId, plan.publications.length)
    for (const index of plan.publications.keys()) {
      await context.disk.unlink(`${stagedPath(context, operationId, index)}.zst`)
    }
  },

  commit(context, { threadId }, _operationId, state) {
    const { row, readings, source, seen, present, kept, values } = state
    refuseDead(context, threadId)
    refuseDeadParent(context, source)
    if (!row) throw new StoreError('ARGUMENT_INVALID', 'an import is staged before it is committed')
    const placed = placeInDirectory(context, row, present)
    return {
      rows: [placed.row],
      operations: [
        ...placed.operations,
        ...values.map(([key, body]) => {
          return { type: 'put' as const, key: `${threadRange(threadId).from}${key}`, body }
        }),
      ],
      events: [
        {
          type: present ? 'thread.extended' : kept ? 'thread.recovered' : 'thread.imported',
          threadId,
          payload: { name: row.name, items: readings.reduce((n, r) => n + r.summary.items, 0) },
        },
      ],
      applied: () => seen({ row: placed.row, readings }),
    }
  },

  steps: [publishStep()],
  result: async (_context, { threadId }) => threadId,
  locksOf: ({ threadId }) => ({ exclusive: [threadId] }),
  threadsOf: ({ threadId }) => [threadId],
})

/** The row as it was; where its lines are is as they were read now, and their checksums are those of before. */
function keptRow(
  { formerDirectories: _, ...kept }: ThreadRow,
  { rollouts: read, damaged, generation }: ThreadRow,
): ThreadRow {
  const rollouts = read.map((rollout) => {
    const before = kept.rollouts.find(({ rolloutId }) => rolloutId === rollout.rolloutId)
    const { bytes, crc32 } = before ?? {}
    return bytes === rollout.bytes && crc32 !== undefined ? { ...rollout, crc32 } : rollout
  })
  return { ...kept, directory: null, rollouts, damaged, generation: kept.generation + generation }
}

const skip = (reason: string, source: string): StoreError =>
  new StoreError('IMPORT_SOURCE_INVALID', `not imported: ${reason}`, { detail: { reason, source } })

function publicationOf(
  source: SourceThread,
  rollout: SourceRollout,
  present: ThreadRow | undefined,
): Publication {
  const known = present?.rollouts.some(({ rolloutId }) => rolloutId === rollout.rolloutId) ?? false
  const archived = present?.archived ?? source.rollouts.some((other) => other.archived)
  const fileName = rollout.compressed ? `${rollout.fileName}.zst` : rollout.fileName
  return { threadId: source.threadId, archived, fileName, ...(known ? { replaces: true } : {}) }
}

/** Parent and bases: their locks keep their deletes from missing what appears here. */
async function relativesOf(context: StoreContext, source: SourceThread): Promise<ThreadId[]> {
  const relatives: ThreadId[] = []
  for (const { meta } of source.rollouts) {
    const parent = meta?.parent_thread_id ? parseThreadId(meta.parent_thread_id) : undefined
    if (parent) relatives.push(parent)
    if (meta?.history_base) relatives.push(await ownerOf(context, meta.history_base.thread_id))
  }
  return relatives.filter((id) => id !== source.threadId)
}

/** A file that calls itself by another name is still the rollout of the thread that its first line names. */
function refuseDeadContent(context: StoreContext, source: SourceThread): void {
  for (const { meta, path } of source.rollouts) {
    const id = meta && parseThreadId(meta.id)
    if (id && context.dead.has(id)) throw skip('deleted', path)
  }
}

/** A spawn of a dead thread stays out: the delete of its parent was meant for it too. */
function refuseDeadParent(context: StoreContext, source: SourceThread): void {
  for (const { meta, path } of source.rollouts) {
    const parent = meta?.parent_thread_id ? parseThreadId(meta.parent_thread_id) : undefined
    if (parent && context.dead.has(parent)) throw skip('parent-deleted', path)
    if (parent && context.schedules.has(parent)) throw skip('parent-scheduled', path)
  }
}

async function stageCopy(context: StoreContext, from: string, to: string): Promise<void> {
  const file = await context.options.hostDisk.openRead(from)
  if (!file) throw skip('missing', from)
  try {
    const size = await file.size()
    await stageBytes(context, to, async (put) => {
      for (let offset = 0; offset < size; offset += COPY_BYTES) {
        await put(await file.read(offset, Math.min(COPY_BYTES, size - offset)))
      }
    })
  } finally {
    await file.close()
  }
}

async function refuseDiverged(
  context: StoreContext,
  present: ThreadRow,
  rollout: SourceRollout,
  copy: RolloutSource,
): Promise<void> {
  const ours = present.rollouts.find(({ rolloutId }) => rolloutId === rollout.rolloutId)
  if (!ours) return
  if (ours.fileName !== rollout.fileName) throw skip('diverged', rollout.path)
  const source = await openRollout(context, present, ours)
  try {
    if (!(await samePrefix(source, copy, Math.min(source.size, copy.size)))) {
      throw skip('diverged', rollout.path)
    }
    // Ours went on: the source is an old copy.
    if (copy.size < source.size) throw skip('unchanged', rollout.path)
  } finally {
    await source.close()
  }
}

function refuseUnchanged(present: ThreadRow, readings: readonly RolloutReading[]): void {
  const grown = readings.some(({ rolloutId, summary }) => {
    const ours = present.rollouts.find((rollout) => rollout.rolloutId === rolloutId)
    return !ours || ours.bytes !== summary.bytes
  })
  if (!grown) throw skip('unchanged', present.threadId)
}
