// ThreadStore: the public face. Each method is one verb; what it does is in lifecycle/, reading/, transfer/ and
// inspection/. Verbs throw a StoreError with a literal code.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { AppendResult } from './append/idempotency.js'
import type { NewItem } from './append/prepared-lines.js'
import { Recorder, type RecorderOptions } from './append/recorder.js'
import { type RecorderSubject, recorderTarget } from './append/store-recorder.js'
import { checkOptions } from './check-options.js'
import { isSelection, type ThreadSelection } from './erasure/thread-selection.js'
import { type AppendOptions, appendItems } from './lifecycle/append.js'
import { archive, unarchive } from './lifecycle/archive.js'
import { type CreateThreadOptions, create } from './lifecycle/create.js'
import { deleteSelection } from './lifecycle/delete-selection.js'
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
import { retryNow } from './recovery/retry.js'
import { retryRedactions } from './redaction/redact-items.js'
import { StoreCustody } from './store-custody.js'
import { requireThreadId, requireThreadIds, requireUsable } from './threads/require-thread.js'
import {
  type ImportOptions,
  type ImportReport,
  importRollouts,
} from './transfer/import-rollouts.js'

export interface ResumedThread extends ResumeResult {
  /** The thread's live writer. */
  readonly recorder: Recorder
}

export class ThreadStore extends StoreCustody {
  /** A new thread; durable, with its rollout, when it resolves. */
  async createThread(options: CreateThreadOptions = {}): Promise<ThreadId> {
    return runOperation(this.writable, create, options)
  }

  /**
   * Takes a thread for writing: the recorder is its live writer until `shutdown`, and others are refused meanwhile.
   * Settings that differ from the recorded ones are returned, not applied.
   */
  async resumeThread(threadId: string, options: ResumeOptions = {}): Promise<ResumedThread> {
    const resumed = await resumeThread(this.writable, threadId, options)
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
    options?: AppendOptions,
  ): Promise<AppendResult> {
    return appendItems(this.writable, requireThreadId(threadId), items, options)
  }

  /** Makes buffered items durable: of one thread, or of all. @throws BUFFERED_LOST, once, after a failure */
  async flush(threadId?: string): Promise<void> {
    const context = this.writable
    const id = threadId === undefined ? undefined : requireThreadId(threadId)
    this.refuseLost(id)
    if (id === undefined) return context.appends.flushAll()
    const state = context.threads.peek(id)
    if (state) await context.appends.flush(state)
  }

  /** The live writer of one thread, with a bounded buffer. Nothing is created before its first persist. */
  recorder(subject: RecorderSubject, options: RecorderOptions = {}): Recorder {
    checkOptions(subject, { create: 'object' })
    if (!('create' in subject || 'threadId' in subject))
      throw new StoreError('ARGUMENT_INVALID', 'a recorder needs a thread, or what to create')
    return new Recorder(
      recorderTarget(subject, {
        writable: () => this.writable,
        current: () => this.context,
      }),
      options,
    )
  }

  async renameThread(threadId: string, name: string): Promise<void> {
    await runOperation(this.writable, rename, { threadId: requireThreadId(threadId), name })
  }

  /** Archives threads with all that they spawned. Returns every thread that moved. */
  async archiveThreads(threadIds: readonly string[]): Promise<readonly ThreadId[]> {
    return runOperation(this.writable, archive, { threadIds: requireThreadIds(threadIds) })
  }

  /** The way back, byte for byte. */
  async unarchiveThreads(threadIds: readonly string[]): Promise<readonly ThreadId[]> {
    return runOperation(this.writable, unarchive, { threadIds: requireThreadIds(threadIds) })
  }

  /** A new thread that continues this one, whole or up to a point; this one is untouched. */
  async forkThread(threadId: string, options: ForkOptions = {}): Promise<ForkResult> {
    checkForkOptions(options)
    return runOperation(this.writable, fork, { ...options, threadId: requireThreadId(threadId) })
  }

  /** Deletes threads, named or selected, with all that they spawned: one set, one commit, one receipt. */
  async deleteThreads(
    threads: readonly string[] | ThreadSelection,
    options: DeleteOptions = {},
  ): Promise<DeleteResult> {
    const context = options?.dryRun ? this.context : this.writable
    return isSelection(threads)
      ? deleteSelection(context, threads, options)
      : deleteByIds(context, threads, options)
  }

  deleteThread(threadId: string, options: DeleteOptions = {}): Promise<DeleteResult> {
    return this.deleteThreads([threadId], options)
  }

  /**
   * Tries what is pending now: for a dead thread its erasure, for a living one its redactions. Resolves with the state
   * that this leads to.
   */
  async retry(threadId: string): Promise<DeleteResult> {
    const context = this.writable
    const id = requireThreadId(threadId)
    const receiptId = context.dead.receiptOf(id)
    if (receiptId === undefined) {
      const redacted = await retryRedactions(context, id)
      if (redacted) return redacted
      await requireUsable(context, id)
      throw new StoreError('ARGUMENT_INVALID', `nothing is pending for thread ${id}`)
    }
    await retryNow(context, receiptId as OperationId).catch((error: unknown) => {
      if (!isStoreError(error)) throw error
    })
    return stateOf(context, receiptId as OperationId)
  }

  /** Imports rollouts, folders of them, or a whole Codex home. The source is only read. */
  importRollouts(paths: readonly string[], options: ImportOptions = {}): Promise<ImportReport> {
    return importRollouts(this.writable, paths, options)
  }

  /** Runs a checkpoint: rollouts durable, journal trimmed and physically erased. */
  checkpoint(): Promise<void> {
    return this.writable.checkpoints.run({ erase: true })
  }
}
