// What every thread store does, and the words in which it is asked and answers.

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
  /** Only says what would be deleted. */
  readonly dryRun?: boolean
  /** What a dry run named itself: refused with PLAN_CHANGED where the set is another one now. */
  readonly expectPlan?: string
}

export interface Deletion {
  /** `deleted` once nothing is left to do; `scheduled` where a date was given. */
  readonly state: string
  /** The threads asked for and what goes with them. */
  readonly threadIds: readonly string[]
  /** Of a dry run: its name, who is on hold, and the code with which the delete would be refused. */
  readonly planId?: string | null
  readonly held?: readonly string[]
  readonly wouldRefuse?: string | null
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
    /** In memory alone, and gone when the store closes. */
    readonly ephemeral?: boolean
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
