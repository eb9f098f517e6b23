// The part of a thread store that the model speaks to. Any implementation of it can be tested: this engine, one over
// another database, one in another process behind a client.

export interface ThreadStoreLike {
  createThread(options: {
    readonly threadId?: string
    readonly name?: string
    readonly parentThreadId?: string
    readonly cwd?: string
  }): Promise<string>
  appendItems(
    threadId: string,
    items: readonly { readonly type: string; readonly payload: unknown }[],
    options?: { readonly durability?: 'durable' | 'buffered' },
  ): Promise<{ readonly written: number }>
  flush(threadId?: string): Promise<void>
  renameThread(threadId: string, name: string): Promise<void>
  archiveThreads(threadIds: readonly string[]): Promise<unknown>
  unarchiveThreads(threadIds: readonly string[]): Promise<unknown>
  forkThread(
    threadId: string,
    options: { readonly newThreadId?: string; readonly copy?: boolean; readonly name?: string },
  ): Promise<unknown>
  deleteThreads(
    threadIds: readonly string[],
    options: { readonly forks?: 'refuse' | 'detach' | 'cascade' },
  ): Promise<{ readonly state: string; readonly threadIds: readonly string[] }>
  holdThread(threadId: string, reason: string): Promise<void>
  unholdThread(threadId: string): Promise<void>
  pinThread(threadId: string): Promise<void>
  unpinThread(threadId: string): Promise<void>
  redactItems(
    threadId: string,
    ordinals: readonly number[],
    reason: string,
  ): Promise<{ readonly state: string }>
  readThread(threadId: string): Promise<
    | {
        readonly name: string | null
        readonly state: string
        readonly held: boolean
        readonly pinned: boolean
        readonly parentThreadId: string | null
      }
    | undefined
  >
  listItems(
    threadId: string,
    options?: { readonly reverse?: boolean },
  ): AsyncIterable<{ readonly ordinal: number; readonly type: string; readonly payload: unknown }>
  listThreads(options: {
    readonly archived?: boolean
    readonly includeSubagents?: boolean
    readonly limit?: number
    readonly cursor?: string
  }): Promise<{
    readonly threads: readonly { readonly threadId: string }[]
    readonly nextCursor: string | null
  }>
  verify(): Promise<{ readonly problems: readonly unknown[] }>
  checkpoint(): Promise<void>
}
