// A thread store, as far as suite, model and oracle speak to one. Any implementation can be tested: this engine, one over
// another database, one in another process behind a client, one that somebody wrote in an afternoon. What a store cannot
// do it leaves out, and says so with `supports`.
//
// An error is anything with a `code`; which one is part of the interface.

export interface ItemLike {
  readonly type: string
  readonly payload: unknown
}

export interface ReadItem extends ItemLike {
  /** Counts the lines of a thread's history, without gaps. */
  readonly ordinal: number
  /** The stored line, where the store tells it. */
  readonly line?: Uint8Array
}

export interface ThreadFacts {
  readonly name: string | null
  /** `active`, `archived`, or another word that is neither. */
  readonly state: string
  readonly cwd?: string | null
  /** The first words of the thread. */
  readonly preview?: string | null
  readonly parentThreadId?: string | null
  readonly forkedFromId?: string | null
  readonly held?: boolean
  readonly holdReason?: string | null
  readonly pinned?: boolean
  /** Ordinal of the next item. */
  readonly nextOrdinal?: number
}

export interface ListOptions {
  readonly archived?: boolean
  readonly scheduled?: boolean
  readonly includeSubagents?: boolean
  readonly limit?: number
  readonly cursor?: string
}

export interface ThreadList {
  readonly threads: readonly { readonly threadId: string }[]
  readonly nextCursor: string | null
}

export type ForksMode = 'refuse' | 'detach' | 'cascade'

export interface DeleteOptionsLike {
  readonly forks?: ForksMode
  /** A date instead of now, for stores with dates. */
  readonly in?: string | number
}

export interface Deletion {
  /** `deleted` once nothing is left to do; `scheduled` where a date was given. */
  readonly state: string
  /** The threads asked for and what goes with them. */
  readonly threadIds: readonly string[]
}

export interface AttachmentChangeLike {
  readonly kind: string
  readonly key: string
  readonly value: unknown
}

export interface AppendOptionsLike {
  readonly expectedOrdinal?: number
  readonly idempotencyKey?: string
  readonly durability?: 'durable' | 'buffered'
  readonly attachments?: readonly AttachmentChangeLike[]
}

export interface Appended {
  readonly written: number
  readonly firstOrdinal?: number | null
  readonly lastOrdinal?: number | null
}

/** What every thread store does. Durable when it resolves. */
export interface BasicThreadStore {
  createThread(options?: {
    readonly threadId?: string
    readonly name?: string
    readonly parentThreadId?: string
    readonly cwd?: string
  }): Promise<string>
  appendItems(
    threadId: string,
    items: readonly ItemLike[],
    options?: AppendOptionsLike,
  ): Promise<Appended>
  renameThread(threadId: string, name: string): Promise<void>
  deleteThreads(threadIds: readonly string[], options?: DeleteOptionsLike): Promise<Deletion>
  /** Undefined for what never was. @throws THREAD_DELETED */
  readThread(threadId: string): Promise<ThreadFacts | undefined>
  listItems(
    threadId: string,
    options?: { readonly from?: number; readonly limit?: number; readonly reverse?: boolean },
  ): AsyncIterable<ReadItem>
  listThreads(options?: ListOptions): Promise<ThreadList>
}

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
  redactItems(threadId: string, ordinals: readonly number[], reason: string): Promise<Deletion>
}

export interface RetainingStore {
  readonly retention: {
    set(policy: RetentionPolicyLike | null): Promise<unknown>
    run(): Promise<{
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

type Everything = ArchivingStore &
  ForkingStore &
  BufferingStore &
  HoldingStore &
  PinningStore &
  SchedulingStore &
  AttachingStore &
  RedactingStore &
  RetainingStore &
  TransferringStore &
  CompressingStore &
  SearchingStore &
  InspectedStore

/** A store with all of it. */
export type WholeThreadStore = BasicThreadStore & Everything

/** A store with some of it. */
export type ThreadStoreLike = BasicThreadStore & Partial<Everything>

/** The store, as one that has these methods. @throws TypeError where it does not */
export function having<Name extends keyof Everything>(
  store: ThreadStoreLike,
  ...names: readonly Name[]
): ThreadStoreLike & Pick<Everything, Name> {
  const missing = names.filter((name) => store[name] === undefined)
  if (missing.length > 0) throw new TypeError(`this store has no ${missing.join(', no ')}`)
  return store as ThreadStoreLike & Pick<Everything, Name>
}
