// Locks by thread id, shared or exclusive, first come first served for each id. Ids are taken in order,
// so that two operations over the same lineage never wait for each other. Locks live in memory: they
// order the operations of one process, and LevelDB's own lock keeps other processes out: so the table is closed, and
// what was under way has ended, before that one is let go.

import { breathe, StoreError } from '@cenotaph/storage'

/** Locks that one request takes before other work gets a turn. */
const TAKEN_MAX = 400

interface Waiter {
  readonly exclusive: boolean
  readonly grant: () => void
}

interface Entry {
  holders: number
  exclusive: boolean
  readonly waiters: Waiter[]
  /** One of the holders may become the only one. */
  upgradable: boolean
  /** That one waits for the others to go, ahead of all waiters. */
  upgrade: (() => void) | undefined
}

/** A shared lock of one thread that can become an exclusive one, with nobody in between. */
export interface UpgradableLock {
  /** True while somebody else waits for the thread. */
  isAwaited(): boolean
  /** Resolves when this is the only holder. */
  upgrade(): Promise<void>
  readonly release: Release
}

export interface LockRequest {
  readonly exclusive?: readonly string[]
  readonly shared?: readonly string[]
}

/** Releases all that was taken; with ids, those of it alone, ahead of the rest. */
export type Release = (ids?: readonly string[]) => void

export class LockTable {
  readonly #entries = new Map<string, Entry>()
  /** Requests that hold locks or wait for them. */
  #active = 0
  #closed = false
  #onIdle: (() => void)[] = []

  /** Refuses every later request; resolves when the last one before it has released its locks. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#active > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve))
  }

  /**
   * Resolves with the function that releases everything that was taken. Exclusive wins over shared.
   * @throws STORE_CLOSED
   */
  async acquire(request: LockRequest): Promise<Release> {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'the store is closing')
    this.#active += 1
    const modes = new Map<string, boolean>()
    for (const id of request.shared ?? []) modes.set(id, false)
    for (const id of request.exclusive ?? []) modes.set(id, true)
    const held = new Set<string>()
    for (const id of [...modes.keys()].sort()) {
      // The first is taken, or waited for, in the caller's own turn.
      await this.#take(id, modes.get(id) === true)
      held.add(id)
      if (held.size % TAKEN_MAX === 0) await breathe()
    }
    let released = false
    return (ids) => {
      if (released) return
      for (const id of ids ?? held) if (held.delete(id)) this.#release(id)
      if (ids) return
      released = true
      this.#ended()
    }
  }

  /** Takes a shared lock at once, or gives undefined when somebody would have to be waited for. */
  trySharedNow(id: string): (() => void) | undefined {
    if (this.#closed) return undefined
    const entry = this.#entryOf(id)
    if (entry.exclusive || entry.upgrade || entry.waiters.length > 0) return undefined
    entry.holders += 1
    this.#active += 1
    let released = false
    return () => {
      if (released) return
      released = true
      this.#release(id)
      this.#ended()
    }
  }

  /**
   * As {@link trySharedNow}, with a lock that can become exclusive; a thread has one such lock at a time. Its holder waits
   * for nothing else while it upgrades, so it cannot be part of a circle.
   */
  tryUpgradableNow(id: string): UpgradableLock | undefined {
    if (this.#entries.get(id)?.upgradable) return undefined
    const releaseShared = this.trySharedNow(id)
    if (!releaseShared) return undefined
    const entry = this.#entryOf(id)
    entry.upgradable = true
    let released = false
    return {
      isAwaited: () => entry.waiters.length > 0,
      async upgrade() {
        if (entry.holders > 1) await new Promise<void>((resolve) => (entry.upgrade = resolve))
        entry.upgrade = undefined
        entry.exclusive = true
      },
      release(ids) {
        if (released || (ids && !ids.includes(id))) return
        released = true
        entry.upgradable = false
        releaseShared()
      },
    }
  }

  isHeld(id: string): boolean {
    return this.#entries.has(id)
  }

  #ended(): void {
    this.#active -= 1
    if (this.#active === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
  }

  #entryOf(id: string): Entry {
    let entry = this.#entries.get(id)
    if (!entry) {
      entry = {
        holders: 0,
        exclusive: false,
        waiters: [],
        upgradable: false,
        upgrade: undefined,
      }
      this.#entries.set(id, entry)
    }
    return entry
  }

  #take(id: string, exclusive: boolean): Promise<void> {
    const entry = this.#entryOf(id)
    const free = entry.holders === 0 || (!exclusive && !entry.exclusive)
    if (free && !entry.upgrade && entry.waiters.length === 0) {
      entry.holders += 1
      entry.exclusive = exclusive
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      entry.waiters.push({ exclusive, grant: resolve })
    })
  }

  #release(id: string): void {
    const entry = this.#entries.get(id)
    if (!entry) return
    entry.holders -= 1
    if (entry.holders === 1) entry.upgrade?.()
    if (entry.holders > 0) return
    entry.exclusive = false
    while (entry.waiters.length > 0) {
      const next = entry.waiters[0]!
      if (entry.holders > 0 && (next.exclusive || entry.exclusive)) break
      entry.waiters.shift()
      entry.holders += 1
      entry.exclusive = next.exclusive
      next.grant()
    }
    if (entry.holders === 0) this.#entries.delete(id)
  }
}
