// One run of one verb: opens the store when the verb asks for it, closes it whatever happens, and lets go of it
// cleanly when the user interrupts.

import os from 'node:os'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'

export class Session {
  readonly #root: string
  readonly #stop = new AbortController()
  readonly #cleaning: (() => Promise<void>)[] = []
  #opening: Promise<ThreadStore> | undefined
  #closing: Promise<void> | undefined

  constructor(root: string) {
    this.#root = root
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  readonly store = (): Promise<ThreadStore> => {
    this.#opening ??= openThreadStore(this.#root, { requestedBy: requester() })
    return this.#opening
  }

  abort(): void {
    this.#stop.abort()
  }

  atEnd(clean: () => Promise<void>): void {
    this.#cleaning.push(clean)
  }

  /** Makes everything durable and lets go of the lock. A second call waits for the first. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    try {
      // Whoever asked for the store heard of a failure to open it.
      const store = await this.#opening?.catch(() => undefined)
      await store?.close()
    } finally {
      for (const clean of this.#cleaning) await clean()
    }
  }
}

/** Stands in receipts as the one who asked. */
function requester(): string {
  try {
    return `command line, ${os.userInfo().username}`
  } catch {
    // A user id without an entry in the system's list, as in many containers.
    return `command line, user ${process.getuid?.() ?? 'unknown'}`
  }
}
