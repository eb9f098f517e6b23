// Checked items become lines of one thread, with what comes along: an idempotency key, attachments. The ordinals are
// given here and committed in the same turn of the event loop.

import { StoreError } from '@cenotaph/storage'
import { AppendedAttachments, digestOfChanges } from '../attachments/appended-attachments.js'
import type { CheckedChange } from '../attachments/attachment-keys.js'
import type { StoreContext } from '../context.js'
import type { AppendOptions } from '../lifecycle/append.js'
import { currentRollout } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import { type AppendResult, digestOf, encodeTag, IdempotencyKeys, keysKey } from './idempotency.js'
import { type CheckedItems, type PreparedLines, prepareLines } from './prepared-lines.js'
import { parksThread } from './rollout-writers.js'

/** Under the thread's lock; a large append has it alone. */
export async function appendLocked(
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
  if (checked.kept.length === 0) {
    refuseOrdinal(state, options.expectedOrdinal)
    const nothing: AppendResult = {
      threadId: state.threadId,
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
  const { lines, result, nowMs } = linesFor(context, state, checked, options)
  if (options.durability === 'buffered' && !idempotency) {
    await context.appends.buffer(state, lines)
  } else {
    const tag = idempotency && encodeTag({ ...idempotency, atMs: nowMs, result })
    if (attachments) await attachments.commitWith(lines, tag)
    else await context.appends.commit(state, lines, { tag })
  }
  return result
}

/** The lines that are next in the thread, and what their caller gets. Does not move its tail. */
export function linesFor(
  context: StoreContext,
  { threadId, tail, row }: ThreadState,
  { kept, dropped }: CheckedItems,
  { expectedOrdinal }: AppendOptions,
): { lines: PreparedLines; result: AppendResult; nowMs: number } {
  refuseOrdinal({ threadId, tail }, expectedOrdinal)
  const nowMs = context.journal.storeTimeMs()
  const lines = prepareLines(kept, tail, {
    nowMs,
    explicitOrdinals: currentRollout(row).explicitOrdinals,
    needsPreview: row.preview === null,
  })
  const { first, count, bytes } = lines
  if (!Number.isSafeInteger(first + count)) {
    throw new StoreError('ORDINAL_OVERFLOW', 'the thread has no ordinals left', {
      detail: { threadId },
    })
  }
  const result: AppendResult = {
    threadId,
    firstOrdinal: first,
    lastOrdinal: first + count - 1,
    written: count,
    dropped,
    bytes: bytes.length,
  }
  return { lines, result, nowMs }
}

/** A foreign writer or a lost piece parks the thread before anything is promised. */
async function checkFile(context: StoreContext, state: ThreadState): Promise<void> {
  try {
    await context.writers.check(state)
  } catch (error) {
    throw parked(state, error)
  }
}

/** What a look at the thread's file threw; the thread parks where that is about the file. */
export function parked(state: ThreadState, error: unknown): unknown {
  if (parksThread(error)) state.unavailable = error
  return error
}

function refuseOrdinal(
  state: Pick<ThreadState, 'threadId' | 'tail'>,
  expected: number | undefined,
): void {
  if (expected === undefined || expected === state.tail.ordinal) return
  throw new StoreError('ORDINAL_CONFLICT', `the next ordinal is ${state.tail.ordinal}`, {
    detail: { threadId: state.threadId, expected, actual: state.tail.ordinal },
  })
}
