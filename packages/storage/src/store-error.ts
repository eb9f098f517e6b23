import type { ErrorCode } from './error-codes.js'

const brand = Symbol.for('cenotaph.StoreError')

/** What a rejected mutation left behind: nothing at all, or possibly all of it (ask again after `reopen`). */
export type Outcome = 'absent' | 'unknown'

export interface StoreErrorOptions {
  readonly cause?: unknown
  /** Facts for a program: ids, offsets, limits. Never text of a thread. */
  readonly detail?: Readonly<Record<string, unknown>>
  /** Whether the same call can succeed later without anybody changing the arguments. */
  readonly retryable?: boolean
  readonly outcome?: Outcome
}

/**
 * The one error class of the project. `code` says which promise or rule is concerned, `cause` says why.
 * Two installed copies recognise each other's errors: use {@link isStoreError}, not `instanceof`.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly code: ErrorCode
  readonly retryable: boolean
  readonly detail: Readonly<Record<string, unknown>>
  readonly outcome: Outcome
  readonly [brand] = true

  constructor(code: ErrorCode, message: string, options: StoreErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.detail = options.detail ?? {}
    this.outcome = options.outcome ?? 'absent'
  }

  toJSON(): { code: ErrorCode; message: string; detail: Readonly<Record<string, unknown>> } {
    return { code: this.code, message: this.message, detail: this.detail }
  }
}

/** True for a StoreError of any installed copy; with a code, only for that code. */
export function isStoreError(error: unknown, code?: ErrorCode): error is StoreError {
  if (typeof error !== 'object' || error === null || !(brand in error)) return false
  return code === undefined || (error as StoreError).code === code
}
