// Working directories by random handle. Index keys hold the handle; the path is a value, `h/<handle>`, that
// is erased with the last thread of its directory. All handles are in memory: there are few.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { Entropy } from '@cenotaph/storage'
import { rowsUnder } from '../rows-under.js'

const handleKey = (handle: string): string => `h/${handle}`

/** Bounds of the value of one directory. */
export const directoryRange = (handle: string): { from: string; to: string } => ({
  from: handleKey(handle),
  to: `${handleKey(handle)}0`,
})

export class Directories {
  readonly #byPath = new Map<string, string>()
  readonly #byHandle = new Map<string, string>()
  readonly #assignments = new Map<string, number>()
  readonly #entropy: Entropy

  private constructor(entropy: Entropy) {
    this.#entropy = entropy
  }

  static async load(journal: Journal, entropy: Entropy): Promise<Directories> {
    const directories = new Directories(entropy)
    for await (const [key, body] of rowsUnder(journal, 'h/')) {
      directories.#set(Buffer.from(body).toString(), key.slice(2))
    }
    return directories
  }

  /** The handle of a path that some thread has; undefined where no thread has it. */
  handleOf(path: string): string | undefined {
    return this.#byPath.get(path)
  }

  /** Whether some thread has the directory of this handle, or had it until now. */
  has(handle: string): boolean {
    return this.#byHandle.has(handle)
  }

  /** The handle for a path that a thread is about to have, with what the same batch must hold. */
  assign(path: string): { handle: string; operations: BatchOperation[] } {
    const known = this.#byPath.get(path)
    const handle = known ?? Buffer.from(this.#entropy.bytes(8)).toString('hex')
    this.#assignments.set(handle, this.assignmentsOf(handle) + 1)
    if (known !== undefined) return { handle, operations: [] }
    this.#set(path, handle)
    return {
      handle,
      operations: [{ type: 'put', key: handleKey(handle), body: Buffer.from(path) }],
    }
  }

  /** Rises with every assignment: whoever found a directory empty checks that it still is. */
  assignmentsOf(handle: string): number {
    return this.#assignments.get(handle) ?? 0
  }

  /** Takes a directory without threads out, with what the same batch must hold. */
  remove(handle: string): BatchOperation[] {
    const path = this.#byHandle.get(handle)
    this.#byHandle.delete(handle)
    if (path !== undefined && this.#byPath.get(path) === handle) this.#byPath.delete(path)
    return [{ type: 'del', key: handleKey(handle) }]
  }

  #set(path: string, handle: string): void {
    this.#byPath.set(path, handle)
    this.#byHandle.set(handle, path)
  }
}
