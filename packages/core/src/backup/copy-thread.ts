// One thread into a backup: its row, its values and the committed bytes of its rollouts, as they were at one moment. The
// moment is taken under the thread's lock, with the rollouts opened; the copying goes on without the lock, because
// nothing below the committed length changes in an open file. Whoever rewrites or deletes the thread meanwhile is noted
// by the watch, and the thread is looked at again.

import type { ThreadId } from '@cenotaph/rollout'
import { type DiskFile, isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { pathsOf } from '../reading/open-rollout.js'
import type { RedactPlan } from '../redaction/redact-plan.js'
import { encodeRow, type RolloutRow, type ThreadRow, threadRange } from '../threads/thread-row.js'
import type { BackupFolder } from './backup-folder.js'
import { rolloutPath, valuesPath } from './backup-paths.js'
import type { Watch } from './backups.js'
import { putValues, type Value } from './value-file.js'

const COPY_BYTES = 1024 * 1024
/** So many bytes of values are taken under the lock; what is behind them is read while appends go on. */
const LOCKED_BYTES_MAX = 8 * COPY_BYTES

export interface BackupProblem {
  readonly code: string
  readonly threadId: ThreadId
  readonly detail: string
}

export interface CopyParts {
  readonly context: StoreContext
  readonly folder: BackupFolder
  readonly watch: Watch
  /** Events from this position on are not in the backup, and so are their payloads. */
  readonly eventsEnd: number
  readonly signal: AbortSignal
}

export interface CopiedThread {
  readonly row: ThreadRow
  /** Paths in the backup. */
  readonly files: readonly string[]
}

interface Taken {
  readonly row: ThreadRow
  readonly values: readonly Value[]
  /** Where the rest of the values begins. */
  readonly rest: string | undefined
  readonly rollouts: readonly OpenedRollout[]
}

interface OpenedRollout {
  readonly file: DiskFile
  readonly path: string
  readonly bytes: number
}

/** Undefined for a thread that died or was never there. @throws ROLLOUT_SHORT, ROLLOUT_NOT_FOUND, and what the disk throws */
export async function copyThread(
  parts: CopyParts,
  id: ThreadId,
): Promise<CopiedThread | undefined> {
  const taken = await takeThread(parts, id)
  if (!taken) return undefined
  const files: string[] = []
  try {
    for (const rollout of taken.rollouts) {
      files.push(rollout.path)
      await parts.folder.write(rollout.path, (put) => copyBytes(parts, id, rollout, put))
    }
    files.push(valuesPath(id))
    await parts.folder.write(valuesPath(id), (put) => putValues(put, allValues(parts, id, taken)))
    return { row: taken.row, files }
  } catch (error) {
    for (const file of files) await parts.folder.remove(file)
    if (isStoreError(error, 'THREAD_DELETED')) return undefined
    throw error
  } finally {
    for (const { file } of taken.rollouts) await file.close()
  }
}

async function takeThread(parts: CopyParts, id: ThreadId): Promise<Taken | undefined> {
  const { context, watch } = parts
  // Exclusive, for a moment: appends and attachments of one call are both in the copy, or neither is.
  const release = await context.locks.acquire({ exclusive: [id] })
  try {
    if (context.dead.has(id)) return undefined
    const state = await context.threads.load(id)
    if (!state || context.dead.has(id)) return undefined
    refuseHalfRedacted(context, id)
    const { row, keys } = state
    watch.copied.set(id, row.generation)
    const values: Value[] = [['row', encodeRow(row)]]
    if (keys) values.push(['keys', keys.encode()])
    const had = new Set(values.map(([key]) => key))
    let bytes = 0
    let rest: string | undefined
    for await (const value of valuesOf(parts, id, undefined)) {
      if (had.has(value[0])) continue
      values.push(value)
      bytes += value[1].length
      if (bytes < LOCKED_BYTES_MAX) continue
      rest = value[0]
      break
    }
    return { row, values, rest, rollouts: await openRollouts(context, row) }
  } finally {
    release()
  }
}

/** Until a redaction has finished, files and values may hold what no reader gets any more. */
function refuseHalfRedacted(context: StoreContext, id: ThreadId): void {
  for (const { kind, body } of context.openOperations.all()) {
    if (kind !== 'redact') continue
    const { touched } = JSON.parse(Buffer.from(body).toString()) as Pick<RedactPlan, 'touched'>
    if (!touched.includes(id)) continue
    throw new StoreError('THREAD_UNAVAILABLE', 'a redaction of it is not finished yet', {
      retryable: true,
      detail: { threadId: id },
    })
  }
}

/** Values under the thread's prefix behind a key, as their keys without the prefix. */
async function* valuesOf(
  { context, eventsEnd }: CopyParts,
  id: ThreadId,
  after: string | undefined,
): AsyncGenerator<Value> {
  const { from, to } = threadRange(id)
  let gt: string | undefined = after === undefined ? from : `${from}${after}`
  while (gt !== undefined) {
    const page: Awaited<ReturnType<StoreContext['journal']['page']>> = await context.journal.page({
      gt,
      lt: to,
      limit: 100,
    })
    for (const [key, body] of page.entries) {
      const short = key.slice(from.length)
      if (short.startsWith('e/') && Number(short.slice(2)) >= eventsEnd) continue
      yield [short, body]
    }
    gt = page.next
  }
}

async function* allValues(parts: CopyParts, id: ThreadId, taken: Taken): AsyncGenerator<Value> {
  yield* taken.values
  if (taken.rest === undefined) return
  for await (const value of valuesOf(parts, id, taken.rest)) {
    if (parts.context.dead.has(id)) throw died(id)
    parts.signal.throwIfAborted()
    if (value[0] !== 'row' && !(value[0] === 'keys' && taken.values[1]?.[0] === 'keys')) yield value
  }
}

async function openRollouts(context: StoreContext, row: ThreadRow): Promise<OpenedRollout[]> {
  const opened: OpenedRollout[] = []
  try {
    for (const rollout of row.rollouts) opened.push(await openRaw(context, row, rollout))
    return opened
  } catch (error) {
    for (const { file } of opened) await file.close()
    throw error
  }
}

/** The file as it is, compressed or not: a compressed one is copied whole, a plain one up to its committed length. */
async function openRaw(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
): Promise<OpenedRollout> {
  for (const place of pathsOf(context, row, rollout)) {
    const file = await context.options.disk.openRead(place)
    if (!file) continue
    try {
      const compressed = place.endsWith('.zst')
      const size = await file.size()
      if (!compressed && size < rollout.bytes) {
        throw new StoreError('ROLLOUT_SHORT', 'the rollout is shorter than what was committed', {
          detail: { threadId: row.threadId, bytes: size, committedBytes: rollout.bytes },
        })
      }
      const plain = rolloutPath({ archived: row.archived, fileName: rollout.fileName })
      return compressed
        ? { file, path: `${plain}.zst`, bytes: size }
        : { file, path: plain, bytes: rollout.bytes }
    } catch (error) {
      await file.close()
      throw error
    }
  }
  throw new StoreError('ROLLOUT_NOT_FOUND', `the rollout of ${row.threadId} is gone`, {
    detail: { threadId: row.threadId, fileName: rollout.fileName },
  })
}

async function copyBytes(
  { context, signal }: CopyParts,
  id: ThreadId,
  { file, bytes }: OpenedRollout,
  put: (piece: Uint8Array) => Promise<void>,
): Promise<void> {
  for (let offset = 0; offset < bytes; ) {
    signal.throwIfAborted()
    // A file that a delete has unlinked keeps its blocks while it is open here.
    if (context.dead.has(id)) throw died(id)
    const piece = await file.read(offset, Math.min(COPY_BYTES, bytes - offset))
    if (piece.length === 0) {
      throw new StoreError('ROLLOUT_SHORT', 'the rollout was cut while it was copied', {
        detail: { threadId: id, bytes: offset, committedBytes: bytes },
      })
    }
    await put(piece)
    offset += piece.length
  }
}

const died = (id: ThreadId): StoreError =>
  new StoreError('THREAD_DELETED', `thread ${id} died while it was copied`, {
    detail: { threadId: id },
  })
