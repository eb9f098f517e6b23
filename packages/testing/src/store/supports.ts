// What a store can do, in words that the suite and the model share. Each adds its own to them.

/** Default true, each. */
export interface StoreSupports {
  readonly archive?: boolean
  /** Threads that other threads spawned. */
  readonly spawn?: boolean
  readonly fork?: boolean
  readonly hold?: boolean
  /** `deleteThreads` with a date, `restoreThreads`, `sweep`. */
  readonly schedule?: boolean
  readonly attachments?: boolean
  readonly redact?: boolean
  readonly idempotency?: boolean
  readonly expectedOrdinal?: boolean
}

export const everyStoreSupports: Required<StoreSupports> = {
  archive: true,
  spawn: true,
  fork: true,
  hold: true,
  schedule: true,
  attachments: true,
  redact: true,
  idempotency: true,
  expectedOrdinal: true,
}
