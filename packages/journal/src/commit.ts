// What a caller hands to the journal to be committed.

import { StoreError } from '@cenotaph/storage'
import type { Anchor } from './anchor.js'
import { seal } from './checked-value.js'
import { isJournalKey } from './keys.js'
import type { LevelOperation } from './level.js'

/** A change of the caller's rows. The journal seals bodies and refuses keys of its own. */
export type BatchOperation =
  | { readonly type: 'put'; readonly key: string; readonly body: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

export interface Commit<T> {
  readonly operations: readonly BatchOperation[]
  /**
   * The changes of the caller's memory: runs synchronously once the batch is durable and before the next
   * one is built. Must not throw: memory would differ from the disk, so that latches STORE_FAILED.
   */
  readonly applied?: () => T
}

export interface IntentCommit<T> extends Commit<T> {
  /** What recovery needs to finish the operation. */
  readonly body: Uint8Array
}

export interface Checkpoint extends Commit<void> {
  /** What the journal does not know of the anchor. */
  readonly anchor: Omit<Anchor, 'sequence' | 'storeTimeMs' | 'formatVersion'>
}

/** Throws ARGUMENT_INVALID for a key that belongs to the journal. */
export function sealOperations(operations: readonly BatchOperation[]): LevelOperation[] {
  return operations.map((operation) => {
    const { key } = operation
    if (isJournalKey(key))
      throw new StoreError('ARGUMENT_INVALID', `the journal owns the key ${key}`, {
        detail: { key },
      })
    if (operation.type === 'del') return { type: 'del', key }
    return { type: 'put', key, value: seal(key, operation.body) }
  })
}
