// What a thread store may do beside the basics, one interface a capability; `supports` says which it has.

import type { Deletion, ItemLike } from './basic-thread-store.js'

export interface ArchivingStore {
  archiveThreads(threadIds: readonly string[]): Promise<unknown>
  unarchiveThreads(threadIds: readonly string[]): Promise<unknown>
}

export interface ForkingStore {
  forkThread(
    threadId: string,
    options: {
      readonly newThreadId?: string
      readonly copy?: boolean
      readonly name?: string
      readonly throughOrdinal?: number
      /** In memory alone; a fork of such a thread is one anyway. */
      readonly ephemeral?: boolean
    },
  ): Promise<unknown>
}

export interface BufferingStore {
  flush(threadId?: string): Promise<void>
}

export interface HoldingStore {
  holdThread(threadId: string, reason: string): Promise<void>
  unholdThread(threadId: string): Promise<void>
  listHolds(): Promise<readonly { readonly threadId: string }[]>
}

export interface PinningStore {
  pinThread(threadId: string): Promise<void>
  unpinThread(threadId: string): Promise<void>
}

export interface SchedulingStore {
  restoreThreads(threadIds: readonly string[]): Promise<readonly string[]>
  /** Deletes what is due. */
  sweep(options?: { readonly confirmClock?: boolean }): Promise<Deletion>
}

export interface AttachmentsLike {
  put(kind: string, key: string, value: unknown): Promise<void>
  get(kind: string, key: string): Promise<unknown>
  delete(kind: string, key: string): Promise<boolean>
  list(options?: { readonly limit?: number }): Promise<{
    readonly attachments: readonly { readonly kind: string; readonly key: string }[]
  }>
}

export interface AttachingStore {
  attachments(threadId: string): AttachmentsLike
}

export interface RedactingStore {
  redactItems(
    threadId: string,
    ordinals: readonly number[],
    reason: string,
    options?: { readonly dryRun?: boolean },
  ): Promise<Deletion>
}

export interface RetainingStore {
  readonly retention: {
    policy(): Promise<unknown>
    set(policy: RetentionPolicyLike | null): Promise<unknown>
    /** What a run would do now. */
    plan(): Promise<{ readonly planId: string }>
    run(options?: { readonly expectPlan?: string }): Promise<{
      readonly archived: readonly string[]
      readonly scheduled: readonly string[]
      /** What was deleted at once. */
      readonly deleted: { readonly threadIds: readonly string[] } | null
    }>
  }
}

export interface RetentionPolicyLike {
  readonly archiveAfter?: string | number
  readonly deleteAfter?: string | number
  readonly grace?: string | number
}

export interface TransferringStore {
  exportThreads(
    threadIds: readonly string[],
    options: { readonly to: string },
  ): Promise<readonly { readonly path: string }[]>
  importRollouts(paths: readonly string[]): Promise<{
    readonly imported: readonly { readonly threadId: string }[]
    readonly skipped: readonly { readonly reason: string }[]
  }>
}

export interface CompressingStore {
  /** Those that it pays for; nobody reads anything else afterwards. */
  compressThreads(threadIds: readonly string[]): Promise<unknown>
}

export interface SearchingStore {
  /** Lines with a text, of active threads or of archived ones; a line that several of them share is told once. */
  searchThreads(
    text: string,
    options?: { readonly archived?: boolean; readonly includeSubagents?: boolean },
  ): Promise<{ readonly hits: readonly { readonly threadId: string }[] }>
}

export interface InspectedStore {
  verify(): Promise<{ readonly problems: readonly { readonly code: string }[] }>
  status(threadId: string): Promise<{ readonly state: string; readonly receiptId?: string | null }>
  checkpoint(): Promise<void>
}

/** The live writer of one thread: nobody else appends to it meanwhile. */
export interface RecorderLike {
  /** Into memory. @throws RECORDER_CLOSED, or why the thread has no writer any more */
  add(...items: readonly ItemLike[]): Promise<void>
  /** Creates the thread where it was made for a new one; what was added is durable when it resolves. */
  persist(): Promise<unknown>
  flush(): Promise<void>
  /** Flushes, and lets the thread go. */
  shutdown(): Promise<void>
}

export interface RecordingStore {
  /** @throws THREAD_HAS_WRITER */
  resumeThread(
    threadId: string,
    options?: { readonly cwd?: string },
  ): Promise<{
    readonly recorder: RecorderLike
    /** Settings that the thread records otherwise. */
    readonly ignored: readonly { readonly setting: string }[]
  }>
  recorder(subject: {
    readonly create: { readonly threadId?: string; readonly name?: string; readonly cwd?: string }
  }): RecorderLike
}

export interface TurnsStore {
  listTurns(
    threadId: string,
    options?: {
      readonly limit?: number
      readonly cursor?: string
      readonly direction?: 'asc' | 'desc'
    },
  ): Promise<{
    readonly turns: readonly {
      readonly turnId: string
      readonly status: string
      /** Lines, the first and the last included. */
      readonly items: number
    }[]
    readonly nextCursor: string | null
  }>
}

export interface BackupStore {
  /** Into a folder that is new. */
  backup(folder: string): Promise<{ readonly backupId: string }>
  listBackups(): Promise<readonly { readonly backupId: string; readonly state: string }[]>
  forgetBackup(backupId: string): Promise<void>
}

export interface EventLike {
  readonly position: number
  readonly type: string
  readonly threadId: string | null
  /** Null once the thread is deleted. */
  readonly payload: unknown
}

export interface LoggingStore {
  events(options?: { readonly after?: number; readonly limit?: number }): AsyncIterable<EventLike>
  watch(options?: {
    readonly after?: number
    readonly signal?: AbortSignal
  }): AsyncIterable<EventLike>
  /** With an earlier head, the proof that the log only grew since. */
  logHead(since?: LogHeadLike): Promise<LogHeadLike>
  readonly publicKey: string
}

export interface LogHeadLike {
  readonly epoch: number
  readonly treeSize: number
  readonly rootHash: string
}

export interface ReceiptsStore {
  listReceipts(): Promise<readonly ReceiptLike[]>
  readReceipt(receiptId: string): Promise<ReceiptLike | undefined>
  /** Tries what is left to do of a deletion. */
  retry(threadId: string): Promise<Deletion>
}

export interface ReceiptLike {
  readonly receiptId: string
  readonly threadIds: readonly string[]
}

export interface ResolvingStore {
  /** The id behind a name. @throws THREAD_NOT_FOUND, THREAD_AMBIGUOUS */
  resolveThread(text: string): Promise<string>
}

export interface CountingStore {
  stats(): Promise<{ readonly threads: number }>
}
