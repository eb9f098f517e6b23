// A store on disk with a half in memory beside it, made when the first ephemeral thread is. Every verb goes to the half
// that has the thread; lists are merged. Nothing of the half in memory reaches the disk: it is a whole store of its own
// with its own log and its own signing key. Dead ephemeral threads are remembered until the store closes.

import { parseThreadId, type ThreadId } from '@cenotaph/rollout'
import { isStoreError, type StoreError } from '@cenotaph/storage'
import { Recorder, type RecorderOptions } from '../append/recorder.js'
import type { RecorderSubject } from '../append/store-recorder.js'
import { checkOptions } from '../check-options.js'
import type { CompressOptions, CompressResult } from '../compression/compress-threads.js'
import { isSelection, type ThreadSelection } from '../erasure/thread-selection.js'
import type { CreateThreadOptions } from '../lifecycle/create.js'
import type { DeleteOptions, DeleteResult } from '../lifecycle/delete-threads.js'
import { checkForkOptions, type ForkOptions, type ForkResult } from '../lifecycle/fork.js'
import type { ResolvedOptions } from '../options.js'
import type { Participant } from '../participants/participant.js'
import type { Receipt } from '../proof/index.js'
import type { ListThreadsOptions, ThreadPage } from '../reading/list-threads.js'
import type { SearchPage, SearchThreadsOptions } from '../reading/search-threads.js'
import type { ThreadView } from '../reading/thread-view.js'
import { type OpenStore, openContext } from '../recovery/open-context.js'
import type { SweepOptions, SweepResult } from '../schedule/sweep.js'
import { ThreadStore } from '../thread-store.js'
import { requireThreadIds } from '../threads/require-thread.js'
import { deleteWithKin } from './delete-with-kin.js'
import { MemoryHalf } from './memory-half.js'
import { compressInBoth } from './merged-compress.js'
import { deleteInBoth, mergedSweep } from './merged-delete.js'
import { byId, candidatesOf, mergedPage, theOne } from './merged-reads.js'
import { searchInBoth } from './merged-search.js'
import { routeVerbs } from './route-verbs.js'

/** Named by their ids, or by what they are. */
type Threads = readonly string[] | ThreadSelection

export class RoutedStore extends ThreadStore {
  readonly #outsideOptions: ResolvedOptions
  #half: MemoryHalf | undefined
  #opening: Promise<MemoryHalf> | undefined
  #dropping: Promise<unknown> = Promise.resolve()
  #closingBoth: Promise<void> | undefined

  static async open(root: string, given: ResolvedOptions): Promise<RoutedStore> {
    let store: RoutedStore | undefined
    const companion = {
      knows: async (id: ThreadId) => store?.halfOf(id) !== undefined,
      onDeath: (ids: readonly ThreadId[]) => store?.dropSpawnsOf(ids),
    }
    const options = { ...given, companion }
    store = new RoutedStore(root, options, await openContext(root, options))
    return store
  }

  private constructor(root: string, options: ResolvedOptions, opened: OpenStore) {
    super(root, options, opened)
    this.#outsideOptions = options
  }

  /** The half in memory, where it has this thread, dead or alive. A closed store has none: it refuses every verb. */
  halfOf(threadId: unknown): MemoryHalf | undefined {
    const half = this.#closingBoth ? undefined : this.#half
    const id = half && typeof threadId === 'string' ? parseThreadId(threadId) : undefined
    return id && half?.has(id) ? half : undefined
  }

  async #openHalf(): Promise<MemoryHalf> {
    // A store that is closed makes no threads. One that has failed may: these need no disk.
    const { root } = this.context.layout
    this.#opening ??= MemoryHalf.open(root, this.#outsideOptions, () => this.context)
    try {
      this.#half = await this.#opening
      return this.#half
    } catch (error) {
      this.#opening = undefined
      throw error
    }
  }

  /** Called in the turn in which threads on disk die: what they spawned in memory dies with them. */
  dropSpawnsOf(ids: readonly ThreadId[]): void {
    const half = this.#half
    const spawned = half?.spawnedBy(ids) ?? []
    if (!half || spawned.length === 0) return
    this.#dropping = this.#dropping
      .then(() => half.drop(spawned))
      .catch((error: unknown) => {
        // A half that closes meanwhile has dropped everything.
        if (!isStoreError(error)) throw error
      })
  }

  override get failure(): StoreError | undefined {
    return super.failure ?? this.#half?.failure
  }

  /** Ephemeral threads outlive it. */
  override async reopen(): Promise<void> {
    await super.reopen()
    if (this.#half?.failure) await this.#half.reopen()
  }

  /** Ephemeral threads are gone when it resolves. */
  override close(): Promise<void> {
    this.#closingBoth ??= this.#closeBoth()
    return this.#closingBoth
  }

  async #closeBoth(): Promise<void> {
    // From here on every verb is refused.
    const closed = super.close()
    const half = this.#opening?.then((opened) => opened.close())
    const results = await Promise.allSettled([closed, half])
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  override async createThread(options: CreateThreadOptions = {}): Promise<ThreadId> {
    checkOptions(options, { ephemeral: 'flag' })
    if (!this.#isForMemory(options)) return super.createThread(options)
    return (await this.#openHalf()).createThread(options)
  }

  /** Where the parent is in memory and somebody asks for a thread on disk, the half in memory refuses. */
  #isForMemory(options: CreateThreadOptions | undefined): boolean {
    return options?.ephemeral === true || this.halfOf(options?.parentThreadId) !== undefined
  }

  override async forkThread(threadId: string, options: ForkOptions = {}): Promise<ForkResult> {
    checkForkOptions(options)
    const inMemory = this.halfOf(threadId) !== undefined || options.ephemeral === true
    if (!inMemory) return super.forkThread(threadId, options)
    return (await this.#openHalf()).forkThread(threadId, options)
  }

  override recorder(subject: RecorderSubject, options: RecorderOptions = {}): Recorder {
    checkOptions(subject, { create: 'object' })
    if ('threadId' in subject) {
      const half = this.halfOf(subject.threadId)
      return half ? half.recorder(subject, options) : super.recorder(subject, options)
    }
    if (!('create' in subject && this.#isForMemory(subject.create)))
      return super.recorder(subject, options)
    const half = async () => (await this.#openHalf()).target(subject)
    const made = () => this.#half!.target(subject)
    return new Recorder(
      {
        open: async (writer) => (await half()).open(writer),
        newKey: () => made().newKey(),
        append: (...args) => made().append(...args),
        close: (...args) => made().close(...args),
      },
      options,
    )
  }

  override async deleteThreads(
    threads: Threads,
    options: DeleteOptions = {},
  ): Promise<DeleteResult> {
    const half = this.#half
    if (!half || !this.context) return super.deleteThreads(threads, options)
    checkOptions(options)
    const dropped = () => this.#dropping
    const onDisk = (part: Threads) => (given: DeleteOptions) =>
      deleteWithKin({ half, dropped, onDisk: (own) => super.deleteThreads(part, own) }, given)
    const inMemory = (part: Threads) => (given: DeleteOptions) => half.deleteThreads(part, given)
    if (isSelection(threads)) return deleteInBoth([onDisk(threads), inMemory(threads)], options)
    const ids = requireThreadIds(threads)
    const inside = ids.filter((id) => half.has(id))
    const outside = ids.filter((id) => !half.has(id))
    if (inside.length === 0) return onDisk(outside)(options)
    if (outside.length === 0) return inMemory(inside)(options)
    return deleteInBoth([onDisk(outside), inMemory(inside)], options)
  }

  override async compressThreads(
    threads: Threads,
    options: CompressOptions = {},
  ): Promise<CompressResult> {
    const half = this.#half
    if (!half || isSelection(threads)) return super.compressThreads(threads, options)
    return compressInBoth(requireThreadIds(threads), (id) => half.has(id), {
      onDisk: (ids) => super.compressThreads(ids, options),
      inMemory: (ids) => half.compressThreads(ids, options),
    })
  }

  /** Deletes of both halves ask it; its code is known to both. */
  override async registerParticipant(participant: Participant): Promise<() => void> {
    const takeAway = await super.registerParticipant(participant)
    await this.#half?.registerParticipant(participant)
    return takeAway
  }

  override async forgetParticipant(name: string, reason: string): Promise<void> {
    await super.forgetParticipant(name, reason)
    await this.#half?.forgetParticipant(name, reason).catch((error: unknown) => {
      // Forgotten before this half was made.
      if (!isStoreError(error, 'PARTICIPANT_NOT_FOUND')) throw error
    })
  }

  override async flush(threadId?: string): Promise<void> {
    if (threadId !== undefined) {
      const half = this.halfOf(threadId)
      return half ? half.flush(threadId) : super.flush(threadId)
    }
    await super.flush()
    await this.#half?.flush()
  }

  override async checkpoint(): Promise<void> {
    await super.checkpoint()
    await this.#half?.checkpoint()
  }

  override async sweep(options: SweepOptions = {}): Promise<SweepResult> {
    const result = await super.sweep(options)
    await this.#dropping
    return this.#half ? mergedSweep(result, await this.#half.sweep(options)) : result
  }

  override async listThreads(options: ListThreadsOptions = {}): Promise<ThreadPage> {
    const page = await super.listThreads(options)
    return this.#half ? mergedPage([page, await this.#half.listThreads(options)], options) : page
  }

  override async searchThreads(
    text: string,
    options: SearchThreadsOptions = {},
  ): Promise<SearchPage> {
    const onDisk = (given: SearchThreadsOptions) => super.searchThreads(text, given)
    return searchInBoth(options, onDisk, this.#half?.searchThreads.bind(this.#half, text))
  }

  override async listHolds(): Promise<readonly ThreadView[]> {
    return byId([...(await super.listHolds()), ...((await this.#half?.listHolds()) ?? [])])
  }

  override async resolveThread(text: string): Promise<ThreadId> {
    const half = this.#half
    const onDisk = super.resolveThread(text)
    if (!half || typeof text !== 'string') return onDisk
    const candidates = [
      ...(await candidatesOf(onDisk)),
      ...(await candidatesOf(half.resolveThread(text))),
    ]
    const { dead, schedules } = this.context
    return theOne(text, candidates, {
      isDead: (id) => half.isDead(id) || dead.has(id),
      isScheduled: (id) => half.isScheduled(id) || schedules.has(id),
    })
  }

  override async readReceipt(receiptId: string): Promise<Receipt | undefined> {
    return (await super.readReceipt(receiptId)) ?? this.#half?.readReceipt(receiptId)
  }

  override async listReceipts(): Promise<readonly Receipt[]> {
    return [...(await super.listReceipts()), ...((await this.#half?.listReceipts()) ?? [])]
  }
}

routeVerbs(RoutedStore.prototype, ThreadStore.prototype)
