// Open rollouts and the writes to them. Bytes reach the page cache here and become durable at a checkpoint:
// until then the journal holds them. A file is opened without creating it, and before each write its size
// must be the committed length, so that another program's bytes are never overwritten and a missing piece
// never becomes a hole.

import { type Disk, type DiskFile, isStoreError, StoreError } from '@cenotaph/storage'
import type { RootLayout } from '../root/index.js'
import { currentRollout } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'

const OPEN_MAX = 128
/** A copy of so many bytes to the page cache takes less time than a hop to another thread. */
const NOW_BYTES_MAX = 256 * 1024

interface Pending {
  readonly offset: number
  readonly bytes: Uint8Array
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

interface OpenRollout {
  readonly file: DiskFile
  dirty: boolean
  users: number
  /** Under way: what it makes durable is not durable yet, and `dirty` tells of later writes alone. */
  syncing: Promise<void> | undefined
}

export class RolloutWriters {
  readonly #disk: Disk
  readonly #layout: RootLayout
  readonly #open = new Map<string, OpenRollout>()
  readonly #pending = new Map<string, Pending[]>()
  readonly #running = new Map<string, Promise<void>>()
  readonly #checking = new Map<string, Promise<void>>()
  readonly #opening = new Map<string, Promise<void>>()
  /** Files that made room for others: not in `#open` any more, and not durable before this resolves. */
  readonly #retiring = new Map<string, Promise<void>>()

  constructor(disk: Disk, layout: RootLayout) {
    this.#disk = disk
    this.#layout = layout
  }

  /** Writes lines at their offset; calls for one thread are written in order, waiting ones together. */
  write(state: ThreadState, offset: number, bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const id = state.threadId
      const waiting = this.#pending.get(id)
      const pending = { offset, bytes, resolve, reject }
      if (waiting) waiting.push(pending)
      else this.#pending.set(id, [pending])
      if (!this.#running.has(id)) {
        // A turn later all lines of the same journal group wait here and go out in one call.
        const running = Promise.resolve().then(() => this.#drain(state))
        this.#running.set(id, running)
      }
    })
  }

  /**
   * As {@link write}, done when it returns true. False where more than memory is waited for: the file is not open, others
   * are writing to it, the piece is large, or the disk has no such way.
   */
  writeNow(state: ThreadState, offset: number, bytes: Uint8Array): boolean {
    const open = bytes.length <= NOW_BYTES_MAX ? this.#atHand(state.threadId) : undefined
    const size = open?.file.sizeNow?.()
    if (!open?.file.writeNow || size === undefined) return false
    if (size !== offset) throw sizeError(state, size, offset)
    open.dirty = true
    open.file.writeNow(offset, bytes)
    return true
  }

  /** As {@link check}, for a rollout that is open; false where that is not known without waiting. */
  checkNow(state: ThreadState): boolean {
    const size = this.#atHand(state.threadId)?.file.sizeNow?.()
    if (size === undefined) return false
    const committed = currentRollout(state.row).bytes
    if (size !== committed) throw sizeError(state, size, committed)
    return true
  }

  /** The open file of a thread to which nobody is writing; now the one that was used last. */
  #atHand(id: string): OpenRollout | undefined {
    if (this.#running.has(id)) return undefined
    const open = this.#open.get(id)
    if (open && this.#open.size > OPEN_MAX / 2) {
      this.#open.delete(id)
      this.#open.set(id, open)
    }
    return open
  }

  /** Writes one large piece and makes it durable before its record is committed. */
  async writeDurably(state: ThreadState, offset: number, bytes: Uint8Array): Promise<void> {
    await this.write(state, offset, bytes)
    await this.sync(state.threadId)
  }

  async #drain(state: ThreadState): Promise<void> {
    const id = state.threadId
    for (;;) {
      const pieces = this.#pending.get(id)
      if (!pieces) break
      this.#pending.delete(id)
      try {
        await this.#writeRun(state, pieces)
        for (const piece of pieces) piece.resolve()
      } catch (error) {
        for (const piece of pieces) piece.reject(error)
      }
    }
    this.#running.delete(id)
  }

  async #writeRun(state: ThreadState, pieces: readonly Pending[]): Promise<void> {
    const first = pieces[0]!
    const bytes = pieces.length === 1 ? first.bytes : Buffer.concat(pieces.map((p) => p.bytes))
    const open = await this.#openFor(state)
    try {
      const size = await open.file.size()
      if (size !== first.offset) throw sizeError(state, size, first.offset)
      open.dirty = true
      await open.file.write(first.offset, bytes)
    } finally {
      open.users -= 1
    }
  }

  async #openFor(state: ThreadState): Promise<OpenRollout> {
    const id = state.threadId
    for (;;) {
      const open = this.#open.get(id)
      if (open) {
        open.users += 1
        this.#open.delete(id)
        this.#open.set(id, open)
        return open
      }
      // One handle a rollout, whoever asks at the same moment: a second one would hide what the first wrote.
      await (this.#opening.get(id) ?? this.#openNow(state))
    }
  }

  #openNow(state: ThreadState): Promise<void> {
    const id = state.threadId
    const opening = this.#openFile(state).finally(() => this.#opening.delete(id))
    this.#opening.set(id, opening)
    return opening
  }

  async #openFile(state: ThreadState): Promise<void> {
    await this.#makeRoom()
    const { fileName } = currentRollout(state.row)
    const path = this.#layout.rolloutPath({ archived: state.row.archived, fileName })
    const file = await this.#disk.openWrite(path)
    if (!file) {
      throw new StoreError('ROLLOUT_NOT_FOUND', `the rollout of ${state.threadId} is gone`, {
        detail: { threadId: state.threadId, path },
      })
    }
    this.#open.set(state.threadId, {
      file,
      dirty: false,
      users: 0,
      syncing: undefined,
    })
  }

  async #makeRoom(): Promise<void> {
    if (this.#open.size < OPEN_MAX) return
    for (const [id, open] of this.#open) {
      if (open.users > 0 || this.#running.has(id)) continue
      // Out of the map in this turn: nobody can begin to use a file that is about to be closed.
      this.#open.delete(id)
      const before = this.#retiring.get(id)
      const retired = this.#retire(open, before).finally(() => {
        if (this.#retiring.get(id) === retired) this.#retiring.delete(id)
      })
      this.#retiring.set(id, retired)
      await retired
      return
    }
  }

  async #retire({ file, dirty }: OpenRollout, before: Promise<void> | undefined): Promise<void> {
    await before
    try {
      if (dirty) await file.sync()
    } finally {
      await file.close()
    }
  }

  /** Makes what was written to one thread's rollout durable. A sync that is under way is waited for, and fails for all. */
  async sync(id: string): Promise<void> {
    await this.#running.get(id)
    await this.#retiring.get(id)
    await this.#open.get(id)?.syncing
    const open = this.#open.get(id)
    if (!open || !(open.syncing || open.dirty)) return
    // What was written since that one began needs one of its own, unless somebody has begun it by now.
    open.syncing ??= this.#syncNow(open)
    await open.syncing
  }

  async #syncNow(open: OpenRollout): Promise<void> {
    open.dirty = false
    open.users += 1
    try {
      await open.file.sync()
    } finally {
      open.users -= 1
      open.syncing = undefined
    }
  }

  /** Makes every written rollout durable, a few at a time. */
  async syncAll(): Promise<void> {
    const dirty = [...this.#open].filter(([, open]) => open.dirty || open.syncing).map(([id]) => id)
    const next = async (): Promise<void> => {
      for (let id = dirty.pop(); id !== undefined; id = dirty.pop()) await this.sync(id)
    }
    await Promise.all([next(), next(), ...this.#retiring.values()])
  }

  /** Throws where a rollout that nobody is writing to does not have its committed length. */
  check(state: ThreadState): Promise<void> {
    const id = state.threadId
    if (this.#running.has(id)) return Promise.resolve()
    // Callers of the same moment share one look at the file.
    const underway = this.#checking.get(id)
    if (underway) return underway
    const checking = this.#checkNow(state).finally(() => this.#checking.delete(id))
    this.#checking.set(id, checking)
    return checking
  }

  async #checkNow(state: ThreadState): Promise<void> {
    const open = await this.#openFor(state)
    try {
      const before = currentRollout(state.row).bytes
      const size = await open.file.size()
      const committed = currentRollout(state.row).bytes
      // A write that came and went while the size was asked for says nothing about others.
      const still = committed === before && !this.#running.has(state.threadId)
      if (size !== committed && still) throw sizeError(state, size, committed)
    } finally {
      open.users -= 1
    }
  }

  /** Syncs and closes a rollout, before somebody moves or rewrites it. */
  async close(id: string): Promise<void> {
    await this.sync(id)
    const open = this.#open.get(id)
    if (!open) return
    this.#open.delete(id)
    await open.file.close()
  }

  /** Closes all files. After a failure nothing is synced: the journal still holds what is not durable. */
  async closeAll(failed: boolean): Promise<void> {
    for (const id of [...this.#open.keys()]) {
      if (!failed) await this.close(id)
      else {
        const open = this.#open.get(id)
        this.#open.delete(id)
        await open?.file.close().catch(ignoreClose)
      }
    }
  }
}

// The store failed already and says so; a handle that cannot be closed adds nothing to that.
const ignoreClose = (): void => {}

export function sizeError(state: ThreadState, size: number, committed: number): StoreError {
  const detail = { threadId: state.threadId, bytes: size, committedBytes: committed }
  return size > committed
    ? new StoreError('ROLLOUT_CHANGED', 'another program wrote to this rollout', { detail })
    : new StoreError('ROLLOUT_SHORT', 'the rollout is shorter than what was committed', { detail })
}

/** True for the errors that park one thread; every other failed write ends the store's mutations. */
export const parksThread = (error: unknown): error is StoreError =>
  isStoreError(error, 'ROLLOUT_CHANGED') ||
  isStoreError(error, 'ROLLOUT_SHORT') ||
  isStoreError(error, 'ROLLOUT_NOT_FOUND')
