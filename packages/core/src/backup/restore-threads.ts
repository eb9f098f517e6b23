// Restores a backup into a store that lives: every thread that is missing comes back, each in one atomic import, with its
// name, archive state, attachments, hold and times. What is there stays; the dead and the scheduled stay what they are.
// Repeatable: a thread that came back is there the next time.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { type ImportedThread, importThread, type KeptThread } from '../lifecycle/import.js'
import { runOperation } from '../lifecycle/run-operation.js'
import { ownerOf } from '../threads/relatives.js'
import { outsideBases, ownBytes } from '../threads/thread-row.js'
import { skipReason } from '../transfer/import-rollouts.js'
import { findSources, type SourceThread } from '../transfer/import-sources.js'
import { valuesPath } from './backup-paths.js'
import type { ReadableBackup } from './read-backup.js'
import { readValues, type Value } from './value-file.js'

export interface RestoredThreads {
  readonly bytes: number
  readonly restored: readonly ThreadId[]
  readonly extended: readonly ThreadId[]
  readonly skipped: readonly { readonly threadId: ThreadId; readonly reason: string }[]
  readonly lost: readonly {
    readonly what: string
    readonly threadId: ThreadId | null
    readonly detail: string
  }[]
}

export interface RestoreThreadsParts {
  readonly context: StoreContext
  readonly backup: ReadableBackup
  /** Dead by any tombstones that the caller has. */
  readonly isDead: (id: ThreadId) => boolean
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  readonly signal?: AbortSignal | undefined
}

export async function restoreThreads(parts: RestoreThreadsParts): Promise<RestoredThreads> {
  const { context, backup, isDead, onProgress, signal } = parts
  const restored: ThreadId[] = []
  const extended: ThreadId[] = []
  const skipped: RestoredThreads['skipped'][number][] = []
  const lost: RestoredThreads['lost'][number][] = []
  let bytes = 0
  const sources = await sourcesOf(parts)
  for (const [index, source] of sources.entries()) {
    signal?.throwIfAborted()
    const { threadId } = source
    try {
      if (isDead(threadId)) skipped.push({ threadId, reason: 'deleted' })
      else {
        const wasThere = (await context.threads.load(threadId)) !== undefined
        const { row } = await importOne(parts, source)
        if (wasThere) extended.push(threadId)
        else restored.push(threadId)
        bytes += ownBytes(row)
        for (const base of outsideBases(row)) {
          const owner = await ownerOf(context, base)
          if (!context.dead.has(owner) && (await context.threads.load(owner))) continue
          const detail = `what it continues, ${owner}, is not in the store`
          lost.push({ what: 'inherited-lines', threadId, detail })
        }
        if (!wasThere && (await hasCarried(backup, context, threadId))) {
          const detail = 'lines that had never reached its rollout are in the backup alone'
          lost.push({ what: 'carried-lines', threadId, detail })
        }
      }
    } catch (error) {
      const reason = skipReason(error) ?? ownReason(error)
      if (reason === undefined) throw error
      skipped.push({ threadId, reason: reason === 'unchanged' ? 'present' : reason })
    }
    onProgress?.(index + 1, sources.length)
  }
  return { bytes, restored, extended, skipped, lost }
}

/** What is wrong with one thread of the store is told and keeps no other one away. */
function ownReason(error: unknown): string | undefined {
  if (!isStoreError(error) || error.outcome === 'unknown') return undefined
  return /^(THREAD|ROLLOUT|LINEAGE)_/.test(error.code) ? error.code : undefined
}

/** The backup's own threads and files, and nothing that lies beside them; bases before their forks. */
async function sourcesOf({ context, backup }: RestoreThreadsParts): Promise<SourceThread[]> {
  const { hostDisk } = context.options
  const folders: string[] = []
  for (const name of ['sessions', 'archived_sessions']) {
    const folder = path.join(backup.folder, name)
    if (await hostDisk.stat(folder)) folders.push(folder)
  }
  const { threads } = await findSources(hostDisk, folders)
  return threads.flatMap((source) => {
    const thread = backup.threads.get(source.threadId)
    if (!thread) return []
    const own = new Set(thread.rollouts.map((name) => path.join(backup.folder, name)))
    const rollouts = source.rollouts.filter((rollout) => own.has(rollout.path))
    // In the order of the row, which is the order in which the thread was written.
    const order = thread.row.rollouts.map(({ rolloutId }) => rolloutId)
    rollouts.sort((a, b) => order.indexOf(a.rolloutId) - order.indexOf(b.rolloutId))
    return rollouts.length === thread.rollouts.length ? [{ ...source, rollouts }] : []
  })
}

async function importOne(
  { context, backup }: RestoreThreadsParts,
  source: SourceThread,
): Promise<ImportedThread> {
  let thread: ImportedThread | undefined
  await runOperation(context, importThread, {
    source,
    kept: () => keptOf(backup, context, source.threadId),
    seen: (seen) => (thread = seen),
  })
  return thread!
}

/** Without the payloads of events: they belong to the log of the backup, and this store has one of its own. */
async function keptOf(
  backup: ReadableBackup,
  context: StoreContext,
  threadId: ThreadId,
): Promise<KeptThread> {
  const { row } = backup.threads.get(threadId)!
  const values: Value[] = []
  const file = path.join(backup.folder, valuesPath(threadId))
  for await (const value of readValues(context.options.hostDisk, file)) {
    const [key] = value
    if (key !== 'row' && key !== 'carried' && !key.startsWith('e/')) values.push(value)
  }
  return { row, values }
}

async function hasCarried(
  backup: ReadableBackup,
  context: StoreContext,
  threadId: ThreadId,
): Promise<boolean> {
  const file = path.join(backup.folder, valuesPath(threadId))
  for await (const [key] of readValues(context.options.hostDisk, file)) {
    if (key === 'carried') return true
  }
  return false
}
