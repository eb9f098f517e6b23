// Progress for whoever waits longer than a second: one line on stderr that is drawn over itself and taken away at
// the end. Shown on a terminal only, so that a program's stderr holds errors and nothing else.

import type { Terminal } from '../terminal.js'

const tickMs = 1_000
const clearLine = '\r\u001b[2K'

export class Ticker {
  readonly #terminal: Terminal
  readonly #label: string
  readonly #startedMs: number
  #detail = ''
  #shown = false
  #cancel: (() => void) | undefined

  constructor(terminal: Terminal, label: string) {
    this.#terminal = terminal
    this.#label = label
    this.#startedMs = terminal.clock.monotonicMs()
    if (terminal.showsProgress) this.#schedule()
  }

  progress(done: number, total: number): void {
    this.#detail = ` ${done} of ${total}`
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#shown) this.#draw(clearLine)
    this.#shown = false
  }

  #schedule(): void {
    this.#cancel = this.#terminal.clock.schedule(tickMs, () => {
      const seconds = Math.round((this.#terminal.clock.monotonicMs() - this.#startedMs) / 1000)
      this.#draw(`${clearLine}${this.#label}:${this.#detail} … ${seconds} s`)
      this.#shown = true
      this.#schedule()
    })
  }

  #draw(text: string): void {
    // A terminal that went away is noticed by the next write of something that matters.
    this.#terminal.err.write(text).catch(() => undefined)
  }
}
