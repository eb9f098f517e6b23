// Import: every thread below the given paths, one atomic operation a thread. What is not imported is reported
// with its reason; what is damaged is imported as far as it can be read, byte for byte, and reported.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import { checkOptions, checkTexts } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { type ImportedThread, importThread } from '../lifecycle/import.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { ownerOf } from '../threads/relatives.js'
import { outsideBases, ownBytes, ownItems } from '../threads/thread-row.js'
import { findSources, type SkippedSource, type SourceThread } from './import-sources.js'

export interface ImportReport {
  readonly imported: readonly {
    readonly threadId: ThreadId
    readonly source: string
    readonly items: number
    readonly bytes: number
    readonly archived: boolean
    readonly forkedFromId: ThreadId | null
    readonly parentThreadId: ThreadId | null
  }[]
  readonly skipped: readonly SkippedSource[]
  readonly damaged: readonly {
    readonly source: string
    readonly threadId: ThreadId
    readonly offset: number
    readonly bytes: number
    readonly kind: string
  }[]
}

export interface ImportOptions {
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export async function importRollouts(
  context: StoreContext,
  paths: readonly string[],
  options: ImportOptions = {},
): Promise<ImportReport> {
  checkTexts(paths, 'the paths')
  checkOptions(options, { onProgress: 'function' })
  const sources = await findSources(context.options.hostDisk, paths)
  const imported: ImportReport['imported'][number][] = []
  const damaged: ImportReport['damaged'][number][] = []
  const skipped: SkippedSource[] = [...sources.skipped]
  for (const [index, source] of sources.threads.entries()) {
    options.signal?.throwIfAborted()
    try {
      const thread = await importOne(context, source)
      imported.push(describe(source, thread))
      damaged.push(...(await damagesOf(context, source, thread)))
    } catch (error) {
      const reason = skipReason(error)
      if (reason === undefined) throw error
      for (const { path } of source.rollouts) skipped.push({ source: path, reason })
    }
    options.onProgress?.(index + 1, sources.threads.length)
  }
  return { imported, skipped, damaged }
}

async function importOne(context: StoreContext, source: SourceThread): Promise<ImportedThread> {
  let thread: ImportedThread | undefined
  await runOperation(context, importThread, { source, seen: (seen) => (thread = seen) })
  return thread!
}

const describe = (source: SourceThread, { row }: ImportedThread) => ({
  threadId: source.threadId,
  source: source.rollouts.at(-1)!.path,
  items: ownItems(row),
  bytes: ownBytes(row),
  archived: row.archived,
  forkedFromId: row.forkedFromId,
  parentThreadId: row.parentThreadId,
})

async function damagesOf(
  context: StoreContext,
  source: SourceThread,
  { row, readings }: ImportedThread,
): Promise<ImportReport['damaged'][number][]> {
  const { threadId } = source
  const damages = readings.flatMap(({ summary }, index) =>
    summary.damage.map(({ kind, offset, length }) => ({
      source: source.rollouts[index]!.path,
      threadId,
      offset,
      bytes: length,
      kind: kind as string,
    })),
  )
  for (const base of outsideBases(row)) {
    const owner = await ownerOf(context, base)
    // A base that is dead and not erased yet is as good as gone: nobody detaches a fork that came later.
    if (!context.dead.has(owner) && (await context.threads.load(owner))) continue
    const path = source.rollouts.at(-1)!.path
    damages.push({ source: path, threadId, offset: 0, bytes: 0, kind: 'missing-base' })
  }
  return damages
}

/** Why a source is left out; undefined for what is wrong with the store and not with it. */
export function skipReason(error: unknown): string | undefined {
  if (isStoreError(error, 'THREAD_DELETED')) return 'deleted'
  if (isStoreError(error, 'IMPORT_SOURCE_INVALID')) return String(error.detail.reason)
  const aboutSource =
    isStoreError(error, 'ROLLOUT_ZSTD_DAMAGED') ||
    isStoreError(error, 'ROLLOUT_ZSTD_BOMB') ||
    isStoreError(error, 'ROLLOUT_LINE_TOO_LONG')
  return aboutSource ? error.code : undefined
}
