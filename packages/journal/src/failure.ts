// The latch. After a failed log write LevelDB acknowledges later batches and then loses them, and a
// kernel that failed an fsync once may report success for the next one. So the first failure of a write
// or of a sync ends every mutation of this handle; reads go on, and a reopen recovers.

import { isStoreError, type Outcome, StoreError } from '@cenotaph/storage'

export class FailureLatch {
  readonly #listeners = new Set<(failure: StoreError) => void>()
  #failure: StoreError | undefined

  get failure(): StoreError | undefined {
    return this.#failure
  }

  /** Latches; only the first cause counts. Listeners run synchronously, and must not throw. */
  fail(cause: unknown): StoreError {
    if (this.#failure) return this.#failure
    const diskFull = isDiskFull(cause)
    const failure = new StoreError(
      'STORE_FAILED',
      diskFull ? 'the disk is full: reopen the store' : 'a write failed: reopen the store',
      { cause, detail: { diskFull }, retryable: false, outcome: 'unknown' },
    )
    this.#failure = failure
    for (const listener of this.#listeners) listener(failure)
    this.#listeners.clear()
    return failure
  }

  /** The error for one call that the failure has ended; undefined while there is none. */
  errorFor(outcome: Outcome): StoreError | undefined {
    if (!this.#failure) return undefined
    const { message, cause, detail } = this.#failure
    return new StoreError('STORE_FAILED', message, { cause, detail, outcome })
  }

  /** Calls back once, at the failure (at once where it has happened). Returns the way to stop that. */
  onFailure(listener: (failure: StoreError) => void): () => void {
    if (this.#failure) listener(this.#failure)
    else this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function isDiskFull(cause: unknown): boolean {
  if (isStoreError(cause) && cause.detail.diskFull === true) return true
  if (isStoreError(cause, 'DISK_FULL')) return true
  if (!(cause instanceof Error)) return false
  if ('code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')) return true
  // LevelDB passes the operating system's words on, and no number.
  if (/No space left on device|Disk quota exceeded/.test(cause.message)) return true
  return cause.cause !== undefined && cause.cause !== cause && isDiskFull(cause.cause)
}
