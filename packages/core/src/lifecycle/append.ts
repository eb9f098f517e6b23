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
import type { AppendResult } from '../append/idempotency.js'
import { type CheckedItems, checkItems, type NewItem } from '../append/prepared-lines.js'
import { appendLocked, linesFor, parked } from '../append/write-items.js'
import { checkChanges } from '../attachments/appended-attachments.js'
import type { AttachmentChange } from '../attachments/attachment-keys.js'
import { checkOptions } from '../check-options.js'
import type { StoreContext } from '../context.js'
import {
  refuseArchived,
  refuseHidden,
  refuseParked,
  requireUsable,
} from '../threads/require-thread.js'
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
  options: AppendOptions = noOptions,
): Promise<AppendResult> {
  checkArguments(items, options)
  const changes = checkChanges(options, context.options.attachmentBytesMax)
  if (changes.length === 0) {
    const appending = appendAtOnce(context, id, items, options)
    if (appending) return appending
  }
  await materialiseFirst(context, id)
  const checked = itemsFor(context, await requireUsable(context, id), items)
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

/**
 * The same, in one turn of the event loop, for the everyday case: a few items, durable, for a thread that is at hand and
 * that nobody has locked. The lines wait for their batch when it returns. Undefined, with nothing done, in any other case.
 */
function appendAtOnce(
  context: StoreContext,
  id: ThreadId,
  items: readonly NewItem[],
  options: AppendOptions,
): Promise<AppendResult> | undefined {
  const { appends, threads, locks, journal } = context
  const state = threads.peek(id)
  if (!state || options.idempotencyKey !== undefined || options.durability === 'buffered')
    return undefined
  refuseUnwritable(context, state, options)
  const checked = itemsFor(context, state, items)
  if (checked.kept.length === 0 || checked.bytes > context.options.referenceBytesMin)
    return undefined
  const release = isAtHand(context, state) ? locks.trySharedNow(id) : undefined
  if (!release) return undefined
  try {
    // Items are the caller's code: what was true before it ran may not be.
    refuseUnwritable(context, state, options)
    if (journal.failure) throw journal.failure
    const { lines, result } = linesFor(context, state, checked, options)
    return new Promise((resolve, reject) => {
      appends.commitNow(state, lines, {
        done() {
          release()
          resolve(result)
        },
        failed(error) {
          release()
          reject(error)
        },
      })
    })
  } catch (error) {
    release()
    throw error
  }
}

/** Whether nothing has to be waited for: the rollout is plain, open and as long as it should be. */
function isAtHand(context: StoreContext, state: ThreadState): boolean {
  const { compressed, bytes } = currentRollout(state.row)
  if (compressed || context.appends.hasBuffered(state)) return false
  // Lines that are under way are looked for when they are written.
  if (state.tail.offset !== bytes) return true
  try {
    return context.writers.checkNow(state)
  } catch (error) {
    throw parked(state, error)
  }
}

function refuseUnwritable(
  context: StoreContext,
  state: ThreadState,
  { writer }: AppendOptions,
): void {
  refuseHidden(context, state.threadId)
  refuseParked(state)
  refuseArchived(state)
  refuseOtherWriter(state, writer)
}

const itemsFor = (
  { options }: StoreContext,
  { row }: ThreadState,
  items: readonly NewItem[],
): CheckedItems =>
  checkItems(items, {
    mode: options.persistence,
    historyMode: currentRollout(row).explicitOrdinals ? 'paginated' : 'legacy',
    maxLineBytes: options.maxLineBytes,
  })

async function materialiseFirst(context: StoreContext, id: ThreadId): Promise<void> {
  const state = await requireUsable(context, id)
  refuseArchived(state)
  if (currentRollout(state.row).compressed) {
    await runOperation(context, materialise, { threadId: id })
  }
}

const noOptions: AppendOptions = {}

const optionKinds = {
  expectedOrdinal: 'count',
  idempotencyKey: 'text',
  durability: ['durable', 'buffered'],
} as const

function checkArguments(items: readonly NewItem[], options: AppendOptions): void {
  if (options !== noOptions) checkOptions(options, optionKinds)
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

export function refuseOtherWriter(state: ThreadState, writer: LiveWriter | undefined): void {
  if (state.writer === undefined || state.writer === writer) return
  throw new StoreError('THREAD_HAS_WRITER', `thread ${state.threadId} has a live writer`, {
    retryable: true,
    detail: { threadId: state.threadId },
  })
}
