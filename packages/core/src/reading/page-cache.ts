// The pages that were asked for last. A picker asks for the same page again and again; the answer holds until something
// changes that a list could show: a row, a parked thread, a death, a date. Bounded by the number of threads in it. What is
// handed out is frozen, because others get it too.

import type { StoreContext } from '../context.js'
import type { ThreadPage } from './list-threads.js'

const THREADS_MAX = 2_000

type Watched = Pick<StoreContext, 'threads' | 'dead' | 'schedules'>

export class PageCache {
  readonly #watched: Watched
  /** In the order of their last use. */
  readonly #pages = new Map<string, ThreadPage>()
  #asOf = ''
  #threads = 0

  constructor(watched: Watched) {
    this.#watched = watched
  }

  /** The page as it is now; `make` is asked where nobody has asked since the last change. */
  async page(query: string, make: () => Promise<ThreadPage>): Promise<ThreadPage> {
    const asOf = this.#changes()
    if (asOf !== this.#asOf) this.clear()
    this.#asOf = asOf
    const known = this.#pages.get(query)
    if (known) {
      this.#pages.delete(query)
      this.#pages.set(query, known)
      return copyOf(known)
    }
    const page = await make()
    // A change while it was made may be in it or not.
    if (asOf === this.#changes() && asOf === this.#asOf) this.#keep(query, page)
    return copyOf(page)
  }

  /** Nothing of what was handed out is kept. */
  clear(): void {
    this.#pages.clear()
    this.#threads = 0
  }

  #changes(): string {
    const { threads, dead, schedules } = this.#watched
    return `${threads.changes.count} ${dead.changes} ${schedules.changes}`
  }

  #keep(query: string, page: ThreadPage): void {
    for (const view of page.threads) {
      Object.freeze(view.forks)
      Object.freeze(view.children)
      Object.freeze(view)
    }
    this.#forget(query)
    this.#pages.set(query, page)
    this.#threads += weightOf(page)
    for (const oldest of this.#pages.keys()) {
      if (this.#threads <= THREADS_MAX) return
      this.#forget(oldest)
    }
  }

  #forget(query: string): void {
    const page = this.#pages.get(query)
    if (page) this.#threads -= weightOf(page)
    this.#pages.delete(query)
  }
}

/** An empty page takes room too. */
const weightOf = ({ threads }: ThreadPage): number => threads.length + 1

const copyOf = (page: ThreadPage): ThreadPage => ({ ...page, threads: [...page.threads] })
