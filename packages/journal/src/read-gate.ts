// Many readers or one eraser. An iterator pins the values that it may still reach: text erased under an
// open one stays in the database's files, and closing it afterwards does not heal that. So every read of
// the database passes here, an erasure waits for those in flight, and holds new ones until it is done.

export class ReadGate {
  #readers = 0
  #eraser: Promise<void> | undefined
  #drained: (() => void) | undefined

  async read<T>(run: () => Promise<T>): Promise<T> {
    while (this.#eraser) await this.#eraser
    this.#readers++
    try {
      return await run()
    } finally {
      this.#readers--
      if (this.#readers === 0) this.#drained?.()
    }
  }

  /** Runs alone. Erasures run one after another. */
  async erase<T>(run: () => Promise<T>): Promise<T> {
    while (this.#eraser) await this.#eraser
    let done = () => {}
    this.#eraser = new Promise((resolve) => {
      done = () => {
        this.#eraser = undefined
        resolve()
      }
    })
    try {
      if (this.#readers > 0) {
        await new Promise<void>((resolve) => {
          this.#drained = resolve
        })
        this.#drained = undefined
      }
      return await run()
    } finally {
      done()
    }
  }
}
