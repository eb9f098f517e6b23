// Writes to a stream at the pace of whoever reads it. A reader that has gone away (`| head`) is no error: the
// next write throws OutputClosed, which ends the command quietly.

import type { Writable } from 'node:stream'

export class OutputClosed extends Error {
  override readonly name = 'OutputClosed'
}

export class Sink {
  readonly #stream: Writable
  #failure: Error | undefined
  #wake = (): void => {}

  constructor(stream: Writable) {
    this.#stream = stream
    stream.on('error', (error: NodeJS.ErrnoException) => {
      this.#failure = error.code === 'EPIPE' ? new OutputClosed() : error
      this.#wake()
    })
    stream.on('drain', () => this.#wake())
  }

  /** @throws OutputClosed, and what else the stream failed with */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (this.#failure) throw this.#failure
    if (this.#stream.write(chunk)) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (this.#failure) throw this.#failure
  }
}
