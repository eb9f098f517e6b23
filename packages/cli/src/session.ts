// One run of one verb: opens the store when the verb asks for it, closes it whatever happens, and lets go of it
// cleanly when the user interrupts.

import os from 'node:os'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'

export class Session {
  readonly #root: string
  readonly #stop = new AbortController()
  #opening: Promise<ThreadStore> | undefined

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

  /** Makes everything durable and lets go of the lock; nothing where no store was opened. */
  async close(): Promise<void> {
    const opening = this.#opening
    // Whoever asked for the store heard of a failure to open it.
    const store = await opening?.catch(() => undefined)
    await store?.close()
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
