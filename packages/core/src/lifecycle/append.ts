// Append items to a thread. It has the stages of every operation, but shares its commit with whoever appends at
// the same time:
//
//   plan     checkItems: refuse, or decide what is kept
//   intend   append.intend: one synced journal record for all that wait (append.reserve before it, when large)
//   steps    append.write: the bytes, at their offset
//   settle   the checkpoint: the rollout is made durable and the record is trimmed
//
// Survives: a crash at any of them. The batch is there entirely or not at all.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import {
  type AppendResult,
  digestOf,
  encodeTag,
  IdempotencyKeys,
  keysKey,
} from '../append/idempotency.js'
import {
  type CheckedItems,
  checkItems,
  type NewItem,
  prepareLines,
} from '../append/prepared-lines.js'
import { parksThread } from '../append/rollout-writers.js'
import {
  AppendedAttachments,
  checkChanges,
  digestOfChanges,
} from '../attachments/appended-attachments.js'
import type { AttachmentChange, CheckedChange } from '../attachments/attachment-keys.js'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { refuseArchived, requireUsable } from '../threads/require-thread.js'
import { currentRollout } from '../threads/thread-row.js'
import type { LiveWriter, ThreadState } from '../threads/thread-state.js'
import { materialise } from './materialise.js'
import { runOperation } from './run-operation.js'

export interface AppendOptions {
  /** The ordinal that the first item must get; otherwise ORDINAL_CONFLICT and nothing is written. */
  readonly expectedOrdinal?: number
  /** A repeat with the same key and items answers as the first call did, and writes nothing. */
  readonly idempotencyKey?: string
  /** `durable` (default): on disk when it resolves. `buffered`: in memory, on disk after `flush`. */
  readonly durability?: 'durable' | 'buffered'
  /**
   * Attachments to put or to take away in the same commit: they and the items are there together, or neither. Not with
   * `buffered`. At most 1,000, of 64 MiB together.
   */
  readonly attachments?: readonly AttachmentChange[]
  /** The live writer that appends; others are refused while it lives. */
  readonly writer?: LiveWriter
}

export async function appendItems(
  context: StoreContext,
  id: ThreadId,
  items: readonly NewItem[],
  options: AppendOptions = {},
): Promise<AppendResult> {
  checkArguments(items, options)
  const changes = checkChanges(options, context.options.attachmentBytesMax)
  await materialiseFirst(context, id)
  const historyMode = await historyModeOf(context, id)
  const checked = checkItems(items, {
    mode: context.options.persistence,
    historyMode,
    maxLineBytes: context.options.maxLineBytes,
  })
  const large = checked.bytes > context.options.referenceBytesMin
  const release =
    (large ? undefined : context.locks.trySharedNow(id)) ??
    (await context.locks.acquire(large ? { exclusive: [id] } : { shared: [id] }))
  try {
    const state = await requireUsable(context, id)
    refuseArchived(state)
    refuseOtherWriter(state, options.writer)
    if (currentRollout(state.row).compressed) {
      // Compressed again between the two looks: begin anew.
      release()
      return await appendItems(context, id, items, options)
    }
    if (context.journal.failure) throw context.journal.failure
    return await appendLocked(context, state, { ...checked, changes }, options)
  } finally {
    release()
  }
}

async function materialiseFirst(context: StoreContext, id: ThreadId): Promise<void> {
  const state = await requireUsable(context, id)
  refuseArchived(state)
  if (currentRollout(state.row).compressed) {
    await runOperation(context, materialise, { threadId: id })
  }
}

async function historyModeOf(context: StoreContext, id: ThreadId): Promise<'legacy' | 'paginated'> {
  const state = await requireUsable(context, id)
  return currentRollout(state.row).explicitOrdinals ? 'paginated' : 'legacy'
}

async function appendLocked(
  context: StoreContext,
  state: ThreadState,
  checked: Checked,
  options: AppendOptions,
): Promise<AppendResult> {
  if (options.idempotencyKey === undefined) {
    return write(context, state, checked, options, undefined)
  }
  const { idempotencyKey: key } = options
  if (!state.keys) {
    const stored = await context.journal.get(keysKey(state.threadId))
    // Another append may have loaded them meanwhile; there is one set of keys a thread.
    state.keys ??= IdempotencyKeys.decode(stored)
  }
  const { keys } = state
  // A repeat that comes while the first is under way waits for its answer.
  while (keys.underway.has(key)) await keys.underway.get(key)?.catch(() => {})
  const digest = digestOf(checked.kept, digestOfChanges(checked.changes))
  const kept = keys.get(key, context.journal.storeTimeMs())
  if (kept) {
    // Without a digest there is nothing to compare: some of what was appended is redacted.
    if (kept.digest === '' || kept.digest === digest) return kept.result
    throw new StoreError('IDEMPOTENCY_CONFLICT', 'this key was used with other items', {
      detail: { threadId: state.threadId, firstOrdinal: kept.result.firstOrdinal },
    })
  }
  const writing = write(context, state, checked, options, { key, digest })
  keys.underway.set(key, writing)
  try {
    return await writing
  } finally {
    keys.underway.delete(key)
  }
}

interface Checked extends CheckedItems {
  readonly changes: readonly CheckedChange[]
}

async function write(
  context: StoreContext,
  state: ThreadState,
  checked: Checked,
  options: AppendOptions,
  idempotency: { readonly key: string; readonly digest: string } | undefined,
): Promise<AppendResult> {
  if (!context.appends.hasBuffered(state)) await checkFile(context, state)
  const attachments =
    checked.changes.length === 0
      ? undefined
      : await AppendedAttachments.of(context, state, checked.changes)
  // From here to the commit nothing is awaited: the ordinals that are given are the ones that are written.
  const { threadId, tail, row } = state
  refuseOrdinal(state, options.expectedOrdinal)
  if (checked.kept.length === 0) {
    const nothing: AppendResult = {
      threadId,
      firstOrdinal: null,
      lastOrdinal: null,
      written: 0,
      dropped: checked.dropped,
      bytes: 0,
    }
    if (attachments)
      await attachments.commitAlone(idempotency && { ...idempotency, result: nothing })
    return nothing
  }
  const nowMs = context.journal.storeTimeMs()
  const lines = prepareLines(checked.kept, tail, {
    nowMs,
    explicitOrdinals: currentRollout(row).explicitOrdinals,
    needsPreview: row.preview === null,
  })
  if (!Number.isSafeInteger(lines.first + lines.count)) {
    throw new StoreError('ORDINAL_OVERFLOW', 'the thread has no ordinals left', {
      detail: { threadId },
    })
  }
  const result: AppendResult = {
    threadId,
    firstOrdinal: lines.first,
    lastOrdinal: lines.first + lines.count - 1,
    written: lines.count,
    dropped: checked.dropped,
    bytes: lines.bytes.length,
  }
  if (options.durability === 'buffered' && !idempotency) {
    await context.appends.buffer(state, lines)
  } else {
    const tag = idempotency && encodeTag({ ...idempotency, atMs: nowMs, result })
    if (attachments) await attachments.commitWith(lines, tag)
    else await context.appends.commit(state, lines, { tag })
  }
  return result
}

/** A foreign writer or a lost piece parks the thread before anything is promised. */
async function checkFile(context: StoreContext, state: ThreadState): Promise<void> {
  try {
    await context.writers.check(state)
  } catch (error) {
    if (parksThread(error)) state.unavailable = error
    throw error
  }
}

function checkArguments(items: readonly NewItem[], options: AppendOptions): void {
  checkOptions(options, {
    expectedOrdinal: 'count',
    idempotencyKey: 'text',
    durability: ['durable', 'buffered'],
  })
  const refuse = (message: string): never => {
    throw new StoreError('ARGUMENT_INVALID', message)
  }
  if (!Array.isArray(items)) refuse('items must be an array')
  const { idempotencyKey } = options
  if (
    idempotencyKey !== undefined &&
    (idempotencyKey.length === 0 || idempotencyKey.length > 256)
  ) {
    refuse('idempotencyKey must have 1 to 256 characters')
  }
}

function refuseOrdinal(state: ThreadState, expected: number | undefined): void {
  if (expected === undefined || expected === state.tail.ordinal) return
  throw new StoreError('ORDINAL_CONFLICT', `the next ordinal is ${state.tail.ordinal}`, {
    detail: { threadId: state.threadId, expected, actual: state.tail.ordinal },
  })
}

export function refuseOtherWriter(state: ThreadState, writer: LiveWriter | undefined): void {
  if (state.writer === undefined || state.writer === writer) return
  throw new StoreError('THREAD_HAS_WRITER', `thread ${state.threadId} has a live writer`, {
    retryable: true,
    detail: { threadId: state.threadId },
  })
}
