// Rows in memory. A row is read from LevelDB when it is first asked for; appends change it in memory and
// checkpoints write it back. Deadness is asked of the dead set, never of a row.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { breathe } from '@cenotaph/storage'
import { indexKeys } from './index-keys.js'
import type { LockTable } from './lock-table.js'
import { ThreadChanges } from './thread-changes.js'
import { decodeRow, encodeRow, rowKey, type ThreadRow } from './thread-row.js'
import { ThreadState } from './thread-state.js'

const RESIDENT_MAX = 10_000
/** Rows read in one call, between which other work gets its turn. */
const READ_MAX = 250

const nothing = new Uint8Array(0)

export class ThreadTable {
  readonly #journal: Journal
  readonly #locks: LockTable
  readonly #states = new Map<ThreadId, ThreadState>()
  readonly #loading = new Map<ThreadId, Promise<ThreadState | undefined>>()
  readonly changes = new ThreadChanges()
  #evictFrom = RESIDENT_MAX

  /** `evicts`: whether rows leave memory again. Those of a store that is in memory itself stay. */
  constructor(journal: Journal, locks: LockTable, { evicts = true } = {}) {
    this.#journal = journal
    this.#locks = locks
    if (!evicts) this.#evictFrom = Number.POSITIVE_INFINITY
  }

  /** The state of a thread that has a row, dead or alive; undefined where there is none. */
  async load(id: ThreadId): Promise<ThreadState | undefined> {
    const present = this.#states.get(id)
    if (present) return present
    const underway = this.#loading.get(id)
    if (underway) return underway
    const loading = this.#read(id).finally(() => this.#loading.delete(id))
    this.#loading.set(id, loading)
    return loading
  }

  /** As {@link load}, in the order of the ids. */
  async loadMany(ids: readonly ThreadId[]): Promise<(ThreadState | undefined)[]> {
    const found: (ThreadState | undefined)[] = []
    for (let start = 0; start < ids.length; start += READ_MAX) {
      if (start > 0) await breathe()
      const some = ids.slice(start, start + READ_MAX)
      const missing = some.filter((id) => !this.#states.has(id))
      const read =
        missing.length === 0 ? [] : await this.#journal.getMany(missing.map((id) => rowKey(id)))
      const fresh = new Map(missing.map((id, index) => [id, this.#take(id, read[index])]))
      // What was there may be gone by now, and is read again then.
      for (const id of some)
        found.push(fresh.has(id) ? fresh.get(id) : (this.peek(id) ?? (await this.load(id))))
    }
    return found
  }

  /**
   * Rows in the order of the ids, for who looks through many: they do not stay in memory. A row whose stored bytes
   * `mayMatch` says no to is not decoded, and is undefined as one that is not there.
   */
  async readRows(
    ids: readonly ThreadId[],
    mayMatch: (body: Buffer) => boolean = () => true,
  ): Promise<(ThreadRow | undefined)[]> {
    const present = ids.map((id) => this.#states.get(id))
    const missing = ids.filter((_, index) => present[index] === undefined)
    const bodies =
      missing.length === 0 ? [] : await this.#journal.getMany(missing.map((id) => rowKey(id)))
    let next = 0
    return ids.map((id, index) => {
      const body = present[index] ? undefined : bodies[next++]
      // What came into memory meanwhile is newer; what left it is as it was.
      const state = this.#states.get(id) ?? present[index]
      if (state) return state.row
      const bytes = body && Buffer.from(body.buffer, body.byteOffset, body.byteLength)
      return bytes && mayMatch(bytes) ? decodeRow(bytes) : undefined
    })
  }

  /** What is in memory, without reading. */
  peek(id: ThreadId): ThreadState | undefined {
    return this.#states.get(id)
  }

  add(row: ThreadRow): ThreadState {
    const state = new ThreadState(row, row, this.changes)
    this.#states.set(row.threadId, state)
    this.changes.added(state)
    return state
  }

  forget(id: ThreadId): void {
    const state = this.#states.get(id)
    this.#states.delete(id)
    if (state) this.changes.removed(state)
  }

  /** What is in memory: in a store that evicts nothing, every thread that was loaded or made. */
  all(): Iterable<ThreadState> {
    return this.#states.values()
  }

  *dirty(): Generator<ThreadState> {
    for (const state of this.#states.values()) if (state.dirty) yield state
  }

  /** Threads that a live writer holds. */
  *held(): Generator<ThreadState> {
    for (const state of this.#states.values()) if (state.writer) yield state
  }

  *parked(): Generator<ThreadState> {
    for (const state of this.#states.values()) if (state.unavailable) yield state
  }

  async #read(id: ThreadId): Promise<ThreadState | undefined> {
    return this.#take(id, await this.#journal.get(rowKey(id)))
  }

  #take(id: ThreadId, body: Uint8Array | undefined): ThreadState | undefined {
    // An operation may have added or removed the row while LevelDB was asked.
    const present = this.#states.get(id)
    if (present || body === undefined) return present
    const row = decodeRow(body)
    const state = new ThreadState(row, row, this.changes)
    this.#evict()
    this.#states.set(id, state)
    return state
  }

  #evict(): void {
    if (this.#states.size < this.#evictFrom) return
    for (const [id, state] of this.#states) {
      if (this.#states.size < RESIDENT_MAX) break
      const needed = state.dirty || state.unavailable || state.writer || state.holdsLines
      const idle = !needed && !this.#locks.isHeld(id)
      if (!idle) continue
      this.#states.delete(id)
      this.changes.evicted(state)
    }
    // Where all are needed, looking through them for every row that comes in would take the square of their number.
    this.#evictFrom = Math.max(RESIDENT_MAX, this.#states.size + RESIDENT_MAX / 10)
  }
}

/** What LevelDB needs in order to hold `next` where it holds `previous`. */
export function rowOperations(
  previous: ThreadRow | undefined,
  next: ThreadRow | undefined,
): BatchOperation[] {
  const before = new Set(previous ? indexKeys(previous) : [])
  const after = new Set(next ? indexKeys(next) : [])
  const operations: BatchOperation[] = []
  for (const key of before) if (!after.has(key)) operations.push({ type: 'del', key })
  for (const key of after)
    if (!before.has(key)) operations.push({ type: 'put', key, body: nothing })
  if (next) {
    operations.push({ type: 'put', key: rowKey(next.threadId), body: encodeRow(next) })
  } else if (previous) {
    operations.push({ type: 'del', key: rowKey(previous.threadId) })
  }
  return operations
}
