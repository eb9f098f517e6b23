// What there is to import below some paths: rollout files, grouped by thread, bases before their forks and parents
// before their children; names from a Codex home's session index. The sources are only read.

import path from 'node:path'
import {
  isTemporaryName,
  localTimeOf,
  openRolloutSource,
  parseRolloutFileName,
  parseSessionIndex,
  parseThreadId,
  type RolloutId,
  readForward,
  rolloutFileName,
  type SessionMeta,
  sessionMetaOf,
  type ThreadId,
} from '@cenotaph/rollout'
import { type Disk, isStoreError, readWhole, StoreError } from '@cenotaph/storage'

export interface SourceRollout {
  readonly path: string
  readonly rolloutId: RolloutId
  /** Plain name that it gets in the store. */
  readonly fileName: string
  readonly compressed: boolean
  readonly archived: boolean
  readonly meta: SessionMeta | undefined
}

export interface SourceThread {
  readonly threadId: ThreadId
  /** Oldest first. */
  readonly rollouts: readonly SourceRollout[]
  readonly name: string | undefined
}

export interface SkippedSource {
  readonly source: string
  readonly reason: string
}

export interface ImportSources {
  readonly threads: readonly SourceThread[]
  readonly skipped: readonly SkippedSource[]
}

interface Found {
  readonly rollouts: (SourceRollout & { readonly threadId: ThreadId })[]
  readonly skipped: SkippedSource[]
  readonly names: Map<string, string>
}

const INDEX_NAME = 'session_index.jsonl'
const ARCHIVE_NAME = 'archived_sessions'

export async function findSources(disk: Disk, paths: readonly string[]): Promise<ImportSources> {
  const found: Found = { rollouts: [], skipped: [], names: new Map() }
  for (const given of paths) {
    const absolute = path.resolve(given)
    const stat = await disk.stat(absolute)
    if (!stat) {
      throw new StoreError('IMPORT_SOURCE_INVALID', `there is nothing at ${given}`, {
        detail: { source: given, reason: 'missing' },
      })
    }
    if (stat.kind === 'folder') await walk(disk, absolute, found)
    else await takeFile(disk, absolute, true, found)
  }
  return { threads: inOrder(grouped(found)), skipped: found.skipped }
}

async function walk(disk: Disk, folder: string, found: Found): Promise<void> {
  const entries = (await disk.list(folder)) ?? []
  const names = new Set(entries.map((entry) => entry.name))
  for (const { name, kind } of entries) {
    const full = path.join(folder, name)
    if (kind === 'folder') {
      if (!name.startsWith('.')) await walk(disk, full, found)
    } else if (name === INDEX_NAME) {
      const index = parseSessionIndex((await readWhole(disk, full)) ?? new Uint8Array(0))
      for (const [id, entry] of index) found.names.set(id, entry.name)
    } else if (name.endsWith('.zst') && names.has(name.slice(0, -'.zst'.length))) {
      found.skipped.push({ source: full, reason: 'plain-form-wins' })
    } else await takeFile(disk, full, false, found)
  }
}

/** A file that was named by hand may have any name; in a folder only rollouts count. */
async function takeFile(disk: Disk, full: string, byHand: boolean, found: Found): Promise<void> {
  const base = path.basename(full)
  const named = parseRolloutFileName(base)
  if (!named && (isTemporaryName(base) || !(byHand || base.startsWith('rollout-')))) return
  try {
    const meta = await firstMeta(disk, full)
    const archived = path.basename(path.dirname(full)) === ARCHIVE_NAME
    const compressed = base.endsWith('.zst')
    if (named) {
      const { threadId, rolloutId, plainName } = named
      found.rollouts.push({
        path: full,
        threadId,
        rolloutId,
        fileName: plainName,
        compressed,
        archived,
        meta,
      })
      return
    }
    const threadId = meta && parseThreadId(meta.id)
    if (!threadId) {
      found.skipped.push({ source: full, reason: 'not-a-rollout' })
      return
    }
    const startedMs = Date.parse(meta.timestamp ?? '')
    const localTime = localTimeOf(Number.isFinite(startedMs) ? startedMs : 0)
    found.rollouts.push({
      path: full,
      threadId,
      rolloutId: threadId as string as RolloutId,
      fileName: rolloutFileName({ localTime, threadId }),
      compressed,
      archived,
      meta,
    })
  } catch (error) {
    if (!isStoreError(error)) throw error
    found.skipped.push({ source: full, reason: error.code })
  }
}

/** The first session_meta within the first lines of a rollout. */
async function firstMeta(disk: Disk, full: string): Promise<SessionMeta | undefined> {
  const source = await openRolloutSource(disk, full)
  if (!source) return undefined
  try {
    let looked = 0
    for await (const line of readForward(source)) {
      const meta = sessionMetaOf(line)
      if (meta) return meta
      looked += 1
      if (looked === 10) return undefined
    }
    return undefined
  } finally {
    await source.close()
  }
}

function grouped(found: Found): SourceThread[] {
  const threads = new Map<ThreadId, SourceRollout[]>()
  for (const { threadId, ...rollout } of found.rollouts) {
    const rollouts = threads.get(threadId) ?? []
    const twin = rollouts.find((other) => other.rolloutId === rollout.rolloutId)
    if (twin) found.skipped.push({ source: rollout.path, reason: 'duplicate' })
    else rollouts.push(rollout)
    threads.set(threadId, rollouts)
  }
  return [...threads].map(([threadId, rollouts]) => ({
    threadId,
    // The thread's first rollout bears its id; later ones come in order of their names' times.
    rollouts: rollouts.sort((a, b) => (orderOf(a, threadId) < orderOf(b, threadId) ? -1 : 1)),
    name: found.names.get(threadId),
  }))
}

const orderOf = (rollout: SourceRollout, threadId: string): string =>
  `${(rollout.rolloutId as string) === threadId ? '0' : '1'}${rollout.fileName}`

/** What others refer to comes first; a cycle is taken as it comes. */
function inOrder(threads: readonly SourceThread[]): SourceThread[] {
  const byRollout = new Map<string, SourceThread>()
  for (const thread of threads) {
    byRollout.set(thread.threadId, thread)
    for (const { rolloutId } of thread.rollouts) byRollout.set(rolloutId, thread)
  }
  const ordered = new Set<SourceThread>()
  const entered = new Set<SourceThread>()
  for (const root of threads) {
    // An explicit stack: lineages may be thousands deep.
    const stack = [root]
    while (stack.length > 0) {
      const thread = stack.at(-1)!
      entered.add(thread)
      const before = referencesOf(thread)
        .map((id) => byRollout.get(id))
        .find((other) => other && !entered.has(other))
      if (before) stack.push(before)
      else {
        stack.pop()
        ordered.add(thread)
      }
    }
  }
  return [...ordered]
}

const referencesOf = ({ rollouts }: SourceThread): string[] =>
  rollouts.flatMap(({ meta }) =>
    [meta?.history_base?.thread_id, meta?.parent_thread_id, meta?.forked_from_id].filter(
      (id) => id !== undefined,
    ),
  )
