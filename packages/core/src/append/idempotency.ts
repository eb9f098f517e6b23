// Idempotency keys of one thread: what an append with a key answered, so that its repeat answers the same and
// writes nothing. Kept for 7 days or the newest 1,000. A key lives in the journal with its lines, then in
// `t/<id>/keys`, and dies with the thread.

import { createHash } from 'node:crypto'
import type { ThreadId } from '@cenotaph/rollout'

const KEPT_MS = 7 * 24 * 60 * 60 * 1000
const KEPT_MAX = 1_000

export interface DroppedItem {
  /** Place of the item in the call. */
  readonly index: number
  readonly why: string
}

export interface AppendResult {
  readonly threadId: ThreadId
  /** Null where every item was dropped. */
  readonly firstOrdinal: number | null
  readonly lastOrdinal: number | null
  readonly written: number
  readonly dropped: readonly DroppedItem[]
  /** Bytes of the written lines, newlines included. */
  readonly bytes: number
}

export interface KeptKey {
  readonly key: string
  readonly atMs: number
  /**
   * SHA-256 over the items of the call, to refuse the same key with other items. Empty once one of them is redacted:
   * whoever has a guess at a secret could try it against a digest.
   */
  readonly digest: string
  readonly result: AppendResult
}

export const keysKey = (id: ThreadId): string => `t/${id}/keys`

/** `more` is what came along with the items, and changes nothing where it is empty. */
export const digestOf = (
  items: readonly { type: string; payload: string }[],
  more: string = '',
): string => {
  const hash = createHash('sha256')
  for (const { type, payload } of items) hash.update(type).update('\0').update(payload).update('\0')
  return hash.update(more).digest('hex')
}

export class IdempotencyKeys {
  readonly #kept = new Map<string, KeptKey>()
  /** Appends under way, by key: a repeat waits for the first. */
  readonly underway = new Map<string, Promise<unknown>>()
  #changes = 0
  #savedChanges = 0

  static decode(body: Uint8Array | undefined): IdempotencyKeys {
    const keys = new IdempotencyKeys()
    if (!body) return keys
    for (const kept of JSON.parse(Buffer.from(body).toString()) as KeptKey[]) {
      keys.#kept.set(kept.key, kept)
    }
    return keys
  }

  get dirty(): boolean {
    return this.#changes !== this.#savedChanges
  }

  /** Call when the keys are encoded; what it returns is called once that is stored. */
  beginSave(): () => void {
    const saved = this.#changes
    return () => {
      this.#savedChanges = saved
    }
  }

  encode(): Uint8Array {
    return Buffer.from(JSON.stringify([...this.#kept.values()]))
  }

  get(key: string, nowMs: number): KeptKey | undefined {
    const kept = this.#kept.get(key)
    return kept && nowMs - kept.atMs <= KEPT_MS ? kept : undefined
  }

  /** These keys without the digests of some calls; keys that `isTelling` go. */
  withoutDigests(
    isRedacted: (first: number, last: number) => boolean,
    isTelling: (key: string) => boolean,
  ): IdempotencyKeys {
    const keys = new IdempotencyKeys()
    for (const [key, kept] of this.#kept) {
      const { firstOrdinal, lastOrdinal } = kept.result
      if (isTelling(key)) continue
      const redacted =
        firstOrdinal !== null && lastOrdinal !== null && isRedacted(firstOrdinal, lastOrdinal)
      keys.#kept.set(key, redacted ? { ...kept, digest: '' } : kept)
    }
    return keys
  }

  add(kept: KeptKey, nowMs: number): void {
    this.#kept.delete(kept.key)
    this.#kept.set(kept.key, kept)
    this.#changes += 1
    for (const [key, { atMs }] of this.#kept) {
      if (this.#kept.size <= KEPT_MAX && nowMs - atMs <= KEPT_MS) break
      this.#kept.delete(key)
    }
  }
}

export const encodeTag = (kept: KeptKey): Uint8Array => Buffer.from(JSON.stringify(kept))
export const decodeTag = (tag: Uint8Array): KeptKey =>
  JSON.parse(Buffer.from(tag).toString()) as KeptKey
