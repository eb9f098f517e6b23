// The reading half of a store. Nothing here changes what is stored, and all of it goes on after a failure. Reads of what
// never existed give undefined.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { findReceipt } from './erasure/delete-receipt.js'
import type { StoreEvent } from './events/event-log.js'
import { type VerifyOptions, type VerifyReport, verifyStore } from './inspection/verify-store.js'
import { OpenedStore } from './opened-store.js'
import {
  type LogHead,
  type LogPoint,
  listReceipts,
  type Receipt,
  signLogHead,
} from './proof/index.js'
import type { ThreadItem } from './reading/item.js'
import {
  type ListItemsOptions,
  type ListTurnsOptions,
  listTurns,
  readItems,
  type TurnPage,
} from './reading/list-items.js'
import { type ListThreadsOptions, listThreads, type ThreadPage } from './reading/list-threads.js'
import { resolveThread } from './reading/resolve-thread.js'
import {
  type SearchPage,
  type SearchThreadsOptions,
  searchThreads,
} from './reading/search-threads.js'
import { type StatsOptions, type StoreStats, storeStats } from './reading/stats.js'
import { type ThreadStatus, threadStatus } from './reading/thread-status.js'
import { type ThreadView, viewOf } from './reading/thread-view.js'
import {
  type EventsOptions,
  readEvents,
  type WatchOptions,
  watchEvents,
} from './reading/watch-events.js'
import { refuseHidden, requireThreadId } from './threads/require-thread.js'
import {
  type ExportedThread,
  type ExportOptions,
  exportThreads,
} from './transfer/export-threads.js'

export class StoreReader extends OpenedStore {
  /** The thread, or undefined where there never was one. @throws THREAD_DELETED with the receipt's id */
  async readThread(threadId: string): Promise<ThreadView | undefined> {
    const context = this.context
    const id = requireThreadId(threadId)
    refuseHidden(context, id)
    const state = await context.threads.load(id)
    refuseHidden(context, id)
    return state && viewOf(context, state.row)
  }

  /** The id behind a full id, a unique prefix of 8 characters or more, or a name. */
  resolveThread(text: string): Promise<ThreadId> {
    return resolveThread(this.context, text)
  }

  listThreads(options: ListThreadsOptions = {}): Promise<ThreadPage> {
    return listThreads(this.context, options)
  }

  /**
   * Lines in which people see a text, a hit a line, the newest thread first. The rollouts are read, plain or compressed:
   * there is no index. See {@link SearchThreadsOptions}.
   */
  searchThreads(text: string, options: SearchThreadsOptions = {}): Promise<SearchPage> {
    return searchThreads(this.context, text, options)
  }

  /** Items in order, the lineage followed; memory is bounded by the longest line. */
  listItems(threadId: string, options: ListItemsOptions = {}): AsyncGenerator<ThreadItem> {
    return readItems(this.context, threadId, options)
  }

  listTurns(threadId: string, options: ListTurnsOptions = {}): Promise<TurnPage> {
    return listTurns(this.context, threadId, options)
  }

  /** Works for any id that ever was. */
  status(threadId: string): Promise<ThreadStatus> {
    return threadStatus(this.context, threadId)
  }

  /** Events behind a position. */
  events(options: EventsOptions = {}): AsyncGenerator<StoreEvent> {
    return readEvents(this.context, options)
  }

  /** Events behind a position, then live until the signal aborts or the store closes. */
  watch(options: WatchOptions = {}): AsyncGenerator<StoreEvent> {
    return watchEvents(this.context, options)
  }

  async listReceipts(): Promise<readonly Receipt[]> {
    const { disk, layout } = this.context
    return (await listReceipts(disk, layout.receiptsFolder)).receipts
  }

  /** undefined where there is no such receipt. */
  readReceipt(receiptId: string): Promise<Receipt | undefined> {
    return findReceipt(this.context, receiptId)
  }

  /**
   * The event log as it is now, signed. With `since` (an earlier head, or the `log` of a receipt) it brings the proof
   * that the log only grew from there. @throws ARGUMENT_INVALID where `since` is no earlier state of this log
   */
  async logHead(since?: LogPoint): Promise<LogHead> {
    const { events, identity, signingKey, journal } = this.context
    const at = new Date(journal.storeTimeMs()).toISOString()
    const { storeId, epoch } = identity
    if (since !== undefined && (since.epoch !== epoch || !Number.isSafeInteger(since.treeSize)))
      throw new StoreError('ARGUMENT_INVALID', 'since is no earlier state of this log')
    return signLogHead(events.tree, { storeId, epoch, at }, signingKey, since?.treeSize)
  }

  /** How much room the store takes on disk, by directory and by thread. */
  stats(options: StatsOptions = {}): Promise<StoreStats> {
    return storeStats(this.context, options)
  }

  /** The key that receipts can be pinned to: raw ed25519, base64. */
  get publicKey(): string {
    return this.context.signingKey.publicKey
  }

  exportThreads(
    threadIds: readonly string[],
    options: ExportOptions,
  ): Promise<readonly ExportedThread[]> {
    return exportThreads(this.context, threadIds, options)
  }

  /**
   * Reads everything and reports what does not fit. Changes nothing. With `residue` it also reads every byte under the
   * root, LevelDB's files included, for what deleted threads may have left.
   */
  verify(options: VerifyOptions = {}): Promise<VerifyReport> {
    return verifyStore(this.context, options)
  }
}
