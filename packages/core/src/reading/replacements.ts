// Rollouts that are just being replaced by files in which lines lie elsewhere. From the moment before the new file gets
// the name until its row tells of it, a row and the file of that name do not belong together: who opens it meanwhile
// waits, and takes the row as it is then. A replacement that failed half-way stays one until it is tried again.

import type { RolloutId, ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

interface Replacement {
  readonly ended: Promise<void>
  readonly end: () => void
  failed: boolean
}

export class Replacements {
  readonly #open = new Map<RolloutId, Replacement>()
  readonly #staged = new Map<string, ThreadId>()

  /** A file that is being written, to take the place of a rollout of this thread. */
  stage(path: string, threadId: ThreadId): void {
    this.#staged.set(path, threadId)
  }

  unstage(path: string): void {
    this.#staged.delete(path)
  }

  /** Whose staged file it is; undefined for one that nobody is writing. */
  ownerOfStaged(path: string): ThreadId | undefined {
    return this.#staged.get(path)
  }

  begin(rolloutId: RolloutId): void {
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    this.end(rolloutId)
    this.#open.set(rolloutId, { ended, end, failed: false })
  }

  /** The row tells of the file that is there. */
  end(rolloutId: RolloutId): void {
    this.#open.get(rolloutId)?.end()
    this.#open.delete(rolloutId)
  }

  /** The new file may have the name, and no row tells of it. */
  fail(rolloutId: RolloutId): void {
    const replacement = this.#open.get(rolloutId)
    if (!replacement) return
    replacement.failed = true
    replacement.end()
  }

  has(rolloutId: RolloutId): boolean {
    return this.#open.has(rolloutId)
  }

  /** @throws THREAD_UNAVAILABLE */
  async ended(rolloutId: RolloutId): Promise<void> {
    for (let one = this.#open.get(rolloutId); one; one = this.#open.get(rolloutId)) {
      if (one.failed) {
        throw new StoreError('THREAD_UNAVAILABLE', 'the thread is getting the lines of its base', {
          retryable: true,
          detail: { rolloutId },
        })
      }
      await one.ended
    }
  }
}
