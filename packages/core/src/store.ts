// ThreadStore: the public face. Each method is one verb; what it does is in lifecycle/, reading/, transfer/ and
// inspection/. Reads of what never existed give undefined; verbs throw a StoreError with a literal code.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { AppendResult } from './append/idempotency.js'
import type { NewItem } from './append/prepared-lines.js'
import { Recorder, type RecorderOptions } from './append/recorder.js'
import { checkOptions } from './check-options.js'
import type { StoreContext } from './context.js'
import { findReceipt } from './erasure/delete-receipt.js'
import type { StoreEvent } from './events/event-log.js'
import { type VerifyReport, verifyStore } from './inspection/verify-store.js'
import { type AppendOptions, appendItems, refuseOtherWriter } from './lifecycle/append.js'
import { archive, unarchive } from './lifecycle/archive.js'
import { type CreateThreadOptions, create } from './lifecycle/create.js'
import {
  type DeleteOptions,
  type DeleteResult,
  deleteByIds,
  stateOf,
} from './lifecycle/delete-threads.js'
import { checkForkOptions, type ForkOptions, type ForkResult, fork } from './lifecycle/fork.js'
import { rename } from './lifecycle/rename.js'
import { type ResumeOptions, type ResumeResult, resumeThread } from './lifecycle/resume.js'
import { runOperation } from './lifecycle/run-operation.js'
import { type ResolvedOptions, resolveOptions, type ThreadStoreOptions } from './options.js'
import { listReceipts, type Receipt } from './proof/index.js'
import {
  type ListItemsOptions,
  type ListTurnsOptions,
  listTurns,
  readItems,
  type ThreadItem,
  type TurnPage,
} from './reading/list-items.js'
import { type ListThreadsOptions, listThreads, type ThreadPage } from './reading/list-threads.js'
import { resolveThread } from './reading/resolve-thread.js'
import { type ThreadStatus, threadStatus } from './reading/thread-status.js'
import { type ThreadView, viewOf } from './reading/thread-view.js'
import {
  type EventsOptions,
  readEvents,
  type WatchOptions,
  watchEvents,
} from './reading/watch-events.js'
import { closeContext } from './recovery/close-context.js'
import { type OpenStore, openContext } from './recovery/open-context.js'
import { retryNow } from './recovery/retry.js'
import {
  refuseArchived,
  refuseDead,
  requireThreadId,
  requireThreadIds,
  requireUsable,
} from './threads/require-thread.js'
import {
  type ExportedThread,
  type ExportOptions,
  exportThreads,
} from './transfer/export-threads.js'
import {
  type ImportOptions,
  type ImportReport,
  importRollouts,
} from './transfer/import-rollouts.js'

/**
 * Opens the store at `root`, making it where there is none (0700). Finishes what was promised before, deletes first
 * of all; time depends on what is in flight.
 *
 * Errors: STORE_LOCKED (with pid and host), ROOT_NOT_A_FOLDER, ROOT_NOT_ACCESSIBLE, JOURNAL_GAP, LEVEL_DAMAGED,
 * TOMBSTONES_DAMAGED, KEY_MISMATCH (these four: `repairStore`), STORE_FORMAT_NEWER, DISK_FULL.
 */
export async function openThreadStore(
  root: string,
  options: ThreadStoreOptions = {},
): Promise<ThreadStore> {
  const resolved = resolveOptions(options)
  return new ThreadStore(root, resolved, await openContext(root, resolved))
}

/** What a recorder writes to: a thread that exists, or one that its first persist creates. */
export type RecorderSubject =
  | { readonly threadId: string }
  | { readonly create: CreateThreadOptions }

export interface ResumedThread extends ResumeResult {
  /** The thread's live writer. */
  readonly recorder: Recorder
}

export class ThreadStore {
  readonly root: string
  readonly #options: ResolvedOptions
  #store: OpenStore
  #closed: Promise<void> | undefined
  #reopening: Promise<void> | undefined

  /** Use {@link openThreadStore}. */
  constructor(root: string, options: ResolvedOptions, store: OpenStore) {
    this.root = root
    this.#options = options
    this.#store = store
  }

  get #context(): StoreContext {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'the store is closed')
    return this.#store.context
  }

  /** For mutations: those are refused at once after a failure. */
  get #writable(): StoreContext {
    const context = this.#context
    if (context.journal.failure) {
      const { message, detail, cause } = context.journal.failure
      throw new StoreError('STORE_FAILED', message, {
        detail,
        cause,
        outcome: 'absent',
        retryable: false,
      })
    }
    return context
  }

  /** STORE_FAILED, once a write or an fsync has failed; reads go on, and `reopen` recovers. */
  get failure(): StoreError | undefined {
    return this.#store.context.journal.failure
  }

  // Life cycle

  /** A new thread; durable, with its rollout, when it resolves. */
  async createThread(options: CreateThreadOptions = {}): Promise<ThreadId> {
    return runOperation(this.#writable, create, options)
  }

  /**
   * Takes a thread for writing: the recorder is its live writer until `shutdown`, and others are refused meanwhile.
   * Settings that differ from the recorded ones are returned, not applied.
   */
  async resumeThread(threadId: string, options: ResumeOptions = {}): Promise<ResumedThread> {
    const resumed = await resumeThread(this.#writable, threadId, options)
    const recorder = this.recorder({ threadId })
    await recorder.persist()
    return { ...resumed, recorder }
  }

  /**
   * Appends items, all or none. Durable when it resolves, unless `durability: 'buffered'`. Says what was written and
   * what was dropped, and why.
   */
  async appendItems(
    threadId: string,
    items: readonly NewItem[],
    options: AppendOptions = {},
  ): Promise<AppendResult> {
    return appendItems(this.#writable, requireThreadId(threadId), items, options)
  }

  /** Makes buffered items durable: of one thread, or of all. */
  async flush(threadId?: string): Promise<void> {
    const context = this.#writable
    if (threadId === undefined) return context.appends.flushAll()
    const state = context.threads.peek(requireThreadId(threadId))
    if (state) await context.appends.flush(state)
  }

  /** The live writer of one thread, with a bounded buffer. Nothing is created before its first persist. */
  recorder(subject: RecorderSubject, options: RecorderOptions = {}): Recorder {
    checkOptions(subject, { create: 'object' })
    if (!('create' in subject || 'threadId' in subject))
      throw new StoreError('ARGUMENT_INVALID', 'a recorder needs a thread, or what to create')
    return new Recorder(
      {
        open: async (writer) => {
          const context = this.#writable
          const id =
            'create' in subject
              ? await runOperation(context, create, subject.create)
              : requireThreadId(subject.threadId)
          const state = await requireUsable(context, id)
          refuseArchived(state)
          refuseOtherWriter(state, writer)
          state.writer = writer
          await context.appends.flush(state)
          return { threadId: id, nextOrdinal: state.tail.ordinal }
        },
        append: async (id, items, expectedOrdinal, writer) => {
          const context = this.#writable
          const { lastOrdinal } = await appendItems(context, id, items, { expectedOrdinal, writer })
          // After a reopen the thread forgot who its writer was.
          const state = context.threads.peek(id)
          if (state) state.writer ??= writer
          return lastOrdinal === null ? expectedOrdinal : lastOrdinal + 1
        },
        close: (id, writer) => {
          const state = this.#store.context.threads.peek(id)
          if (state?.writer === writer) state.writer = undefined
        },
      },
      options,
    )
  }

  async renameThread(threadId: string, name: string): Promise<void> {
    await runOperation(this.#writable, rename, { threadId: requireThreadId(threadId), name })
  }

  /** Archives threads with all that they spawned. Returns every thread that moved. */
  async archiveThreads(threadIds: readonly string[]): Promise<readonly ThreadId[]> {
    return runOperation(this.#writable, archive, { threadIds: requireThreadIds(threadIds) })
  }

  /** The way back, byte for byte. */
  async unarchiveThreads(threadIds: readonly string[]): Promise<readonly ThreadId[]> {
    return runOperation(this.#writable, unarchive, { threadIds: requireThreadIds(threadIds) })
  }

  /** A new thread that continues this one, whole or up to a point; this one is untouched. */
  async forkThread(threadId: string, options: ForkOptions = {}): Promise<ForkResult> {
    checkForkOptions(options)
    return runOperation(this.#writable, fork, { ...options, threadId: requireThreadId(threadId) })
  }

  /** Deletes threads with all that they spawned: one set, one commit, one receipt. */
  async deleteThreads(
    threadIds: readonly string[],
    options: DeleteOptions = {},
  ): Promise<DeleteResult> {
    return deleteByIds(options?.dryRun ? this.#context : this.#writable, threadIds, options)
  }

  deleteThread(threadId: string, options: DeleteOptions = {}): Promise<DeleteResult> {
    return this.deleteThreads([threadId], options)
  }

  /** Tries what is pending for a dead thread now. Resolves with the state that this leads to. */
  async retry(threadId: string): Promise<DeleteResult> {
    const context = this.#writable
    const id = requireThreadId(threadId)
    const receiptId = context.dead.receiptOf(id)
    if (receiptId === undefined) {
      await requireUsable(context, id)
      throw new StoreError('ARGUMENT_INVALID', `nothing is pending for thread ${id}`)
    }
    await retryNow(context, receiptId as OperationId).catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
    return stateOf(context, receiptId as OperationId)
  }

  // Reading

  /** The thread, or undefined where there never was one. @throws THREAD_DELETED with the receipt's id */
  async readThread(threadId: string): Promise<ThreadView | undefined> {
    const context = this.#context
    const id = requireThreadId(threadId)
    refuseDead(context, id)
    const state = await context.threads.load(id)
    refuseDead(context, id)
    return state && viewOf(context, state.row)
  }

  /** The id behind a full id, a unique prefix of 8 characters or more, or a name. */
  resolveThread(text: string): Promise<ThreadId> {
    return resolveThread(this.#context, text)
  }

  listThreads(options: ListThreadsOptions = {}): Promise<ThreadPage> {
    return listThreads(this.#context, options)
  }

  /** Items in order, the lineage followed; memory is bounded by the longest line. */
  listItems(threadId: string, options: ListItemsOptions = {}): AsyncGenerator<ThreadItem> {
    return readItems(this.#context, threadId, options)
  }

  listTurns(threadId: string, options: ListTurnsOptions = {}): Promise<TurnPage> {
    return listTurns(this.#context, threadId, options)
  }

  /** Works for any id that ever was. */
  status(threadId: string): Promise<ThreadStatus> {
    return threadStatus(this.#context, threadId)
  }

  /** Events behind a position. */
  events(options: EventsOptions = {}): AsyncGenerator<StoreEvent> {
    return readEvents(this.#context, options)
  }

  /** Events behind a position, then live until the signal aborts or the store closes. */
  watch(options: WatchOptions = {}): AsyncGenerator<StoreEvent> {
    return watchEvents(this.#context, options)
  }

  async listReceipts(): Promise<readonly Receipt[]> {
    const { disk, layout } = this.#context
    return (await listReceipts(disk, layout.receiptsFolder)).receipts
  }

  /** undefined where there is no such receipt. */
  readReceipt(receiptId: string): Promise<Receipt | undefined> {
    return findReceipt(this.#context, receiptId)
  }

  /** The key that receipts can be pinned to: raw ed25519, base64. */
  get publicKey(): string {
    return this.#context.signingKey.publicKey
  }

  // Transfer and inspection

  /** Imports rollouts, folders of them, or a whole Codex home. The source is only read. */
  importRollouts(paths: readonly string[], options: ImportOptions = {}): Promise<ImportReport> {
    return importRollouts(this.#writable, paths, options)
  }

  exportThreads(
    threadIds: readonly string[],
    options: ExportOptions,
  ): Promise<readonly ExportedThread[]> {
    return exportThreads(this.#context, threadIds, options)
  }

  /** Reads everything and reports what does not fit. Changes nothing. */
  verify(): Promise<VerifyReport> {
    return verifyStore(this.#context)
  }

  /** Runs a checkpoint: rollouts durable, journal trimmed and physically erased. */
  checkpoint(): Promise<void> {
    return this.#writable.checkpoints.run({ erase: true })
  }

  /** Closes and recovers, after STORE_FAILED. What was acknowledged is there; what was not may be. */
  reopen(): Promise<void> {
    this.#reopening ??= this.#reopenNow().finally(() => {
      this.#reopening = undefined
    })
    return this.#reopening
  }

  async #reopenNow(): Promise<void> {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'the store is closed')
    // Whatever closing meets, the journal has what was acknowledged, and opening tells what is wrong.
    await closeContext(this.#store).catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
    this.#store = await openContext(this.root, this.#options)
  }

  /** Makes everything durable and lets go of the lock. A second call waits for the first. */
  close(): Promise<void> {
    this.#closed ??= this.#closeNow()
    return this.#closed
  }

  async #closeNow(): Promise<void> {
    // A reopening that failed has told its own caller.
    await this.#reopening?.catch(() => {})
    await closeContext(this.#store)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
