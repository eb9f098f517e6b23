// Rows in memory. A row is read from LevelDB when it is first asked for; appends change it in memory and
// checkpoints write it back. Deadness is asked of the dead set, never of a row.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { indexKeys } from './index-keys.js'
import type { LockTable } from './lock-table.js'
import { decodeRow, encodeRow, rowKey, type ThreadRow } from './thread-row.js'
import { ThreadState } from './thread-state.js'

const RESIDENT_MAX = 10_000

const nothing = new Uint8Array(0)

export class ThreadTable {
  readonly #journal: Journal
  readonly #locks: LockTable
  readonly #states = new Map<ThreadId, ThreadState>()
  readonly #loading = new Map<ThreadId, Promise<ThreadState | undefined>>()

  constructor(journal: Journal, locks: LockTable) {
    this.#journal = journal
    this.#locks = locks
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

  async loadMany(ids: readonly ThreadId[]): Promise<(ThreadState | undefined)[]> {
    return Promise.all(ids.map((id) => this.load(id)))
  }

  /** What is in memory, without reading. */
  peek(id: ThreadId): ThreadState | undefined {
    return this.#states.get(id)
  }

  add(row: ThreadRow): ThreadState {
    const state = new ThreadState(row, row)
    this.#states.set(row.threadId, state)
    return state
  }

  forget(id: ThreadId): void {
    this.#states.delete(id)
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
    const body = await this.#journal.get(rowKey(id))
    // An operation may have added or removed the row while LevelDB was asked.
    const present = this.#states.get(id)
    if (present || body === undefined) return present
    const row = decodeRow(body)
    const state = new ThreadState(row, row)
    this.#evict()
    this.#states.set(id, state)
    return state
  }

  #evict(): void {
    if (this.#states.size < RESIDENT_MAX) return
    for (const [id, state] of this.#states) {
      if (this.#states.size < RESIDENT_MAX) return
      const needed = state.dirty || state.unavailable || state.writer || state.holdsLines
      const idle = !needed && !this.#locks.isHeld(id)
      if (idle) this.#states.delete(id)
    }
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
