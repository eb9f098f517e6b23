// Work that keeps a thread of Node's pool for long: a compaction, a frame that is compressed, a file that is searched.
// The pool has four threads, for all of this and for every batch, read, write and fsync of the store; so at most two are
// given to such work at once, and one while somebody waits for a commit. First come, first served.

const AT_ONCE_MAX = 2

export class HeavyWork {
  readonly #isAwaited: () => boolean
  readonly #waiting: (() => void)[] = []
  #running = 0

  /** `isAwaited`: whether somebody waits for a commit, asked each time when a piece of work could begin. */
  constructor(isAwaited: () => boolean) {
    this.#isAwaited = isAwaited
  }

  /** Runs one piece when there is room for it. It must not wait for another piece. */
  async run<T>(piece: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      this.#admit()
    })
    try {
      return await piece()
    } finally {
      this.#running -= 1
      this.#admit()
    }
  }

  #admit(): void {
    while (this.#waiting.length > 0 && this.#running < (this.#isAwaited() ? 1 : AT_ONCE_MAX)) {
      this.#running += 1
      this.#waiting.shift()!()
    }
  }
}
