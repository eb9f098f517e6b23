// What memory knows of the attachments of one thread: the secret that makes their handles, and which handles there are,
// so that their number has a limit that concurrent puts keep. Whoever changes attachments holds the thread's lock.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { type Entropy, StoreError } from '@cenotaph/storage'
import type { ThreadState } from '../threads/thread-state.js'
import {
  type AttachmentName,
  bytesKey,
  checkName,
  dropOperations,
  type EncodedValue,
  encodeValue,
  handleOf,
  headKey,
  headsPrefix,
  putOperations,
  SECRET_BYTES,
  secretKey,
} from './attachment-format.js'

const ATTACHMENTS_MAX = 10_000

/** An attachment that an append brings along, or takes away. */
export type AttachmentChange =
  | (AttachmentName & { readonly value: unknown; readonly delete?: never })
  | (AttachmentName & { readonly delete: true; readonly value?: never })

/** A change whose arguments are checked; a value that is encoded, or none where it goes. */
export interface CheckedChange extends AttachmentName {
  readonly value: EncodedValue | undefined
}

/** @throws ARGUMENT_INVALID, ATTACHMENT_TOO_LARGE */
export function checkChange(
  { kind, key, value }: AttachmentName & { readonly value: unknown },
  bytesMax: number,
): CheckedChange {
  checkName(kind, 'kind')
  checkName(key, 'key')
  return { kind, key, value: encodeValue(value, bytesMax) }
}

interface Storage {
  readonly journal: Journal
  readonly entropy: Entropy
}

export class AttachmentKeys {
  readonly #id: ThreadId
  readonly #secret: Uint8Array
  readonly #handles: Set<string>
  #stored: boolean

  private constructor(id: ThreadId, secret: Uint8Array, handles: Set<string>, stored: boolean) {
    this.#id = id
    this.#secret = secret
    this.#handles = handles
    this.#stored = stored
  }

  /** Those of a thread, read once. */
  static of(storage: Storage, state: ThreadState): Promise<AttachmentKeys> {
    state.attachments ??= AttachmentKeys.#load(storage, state.threadId).catch((error: unknown) => {
      state.attachments = undefined
      throw error
    })
    return state.attachments
  }

  static async #load({ journal, entropy }: Storage, id: ThreadId): Promise<AttachmentKeys> {
    const secret = await journal.get(secretKey(id))
    if (!secret) return new AttachmentKeys(id, entropy.bytes(SECRET_BYTES), new Set(), false)
    const prefix = headsPrefix(id)
    const handles = new Set<string>()
    for await (const keys of journal.keysIn([{ from: prefix, to: `${prefix.slice(0, -1)}0` }]))
      for (const key of keys) handles.add(key.slice(prefix.length))
    return new AttachmentKeys(id, Uint8Array.from(secret), handles, true)
  }

  /** False where the thread never had an attachment. */
  get any(): boolean {
    return this.#stored
  }

  handleOf(name: AttachmentName): string {
    return handleOf(this.#secret, name)
  }

  has(name: AttachmentName): boolean {
    return this.#handles.has(this.handleOf(name))
  }

  /**
   * Makes room for what is about to be put, in the turn in which the caller decides to put it: two that are under way
   * at once cannot both have the last place. Call what it returns if the put fails and the store goes on.
   * @throws ATTACHMENTS_TOO_MANY
   */
  claim(changes: readonly CheckedChange[]): () => void {
    const fresh = changes
      .filter((change) => change.value && !this.has(change))
      .map((change) => this.handleOf(change))
    if (this.#handles.size + fresh.length > ATTACHMENTS_MAX) {
      throw new StoreError('ATTACHMENTS_TOO_MANY', 'the thread has too many attachments', {
        detail: { threadId: this.#id, limit: ATTACHMENTS_MAX },
      })
    }
    for (const handle of fresh) this.#handles.add(handle)
    return () => {
      for (const handle of fresh) this.#handles.delete(handle)
    }
  }

  /** What the batch must hold; the secret with the first. */
  operationsOf(changes: readonly CheckedChange[], atMs: number): BatchOperation[] {
    const operations = changes.flatMap((change) => {
      const { kind, key, value } = change
      const handle = this.handleOf(change)
      if (!value) return dropOperations(this.#id, handle)
      const { json, bytes } = value
      return putOperations(this.#id, handle, { kind, key, json, bytes: bytes.length, atMs }, bytes)
    })
    if (this.#stored || !changes.some((change) => change.value)) return operations
    const secret: BatchOperation = { type: 'put', key: secretKey(this.#id), body: this.#secret }
    return [secret, ...operations]
  }

  /** Call once the batch is durable. */
  noteCommitted(changes: readonly CheckedChange[]): void {
    for (const change of changes) {
      const handle = this.handleOf(change)
      if (change.value) {
        this.#handles.add(handle)
        this.#stored = true
      } else this.#handles.delete(handle)
    }
  }

  /** Keys of the two values of an attachment, whether or not it is there. */
  keysOf(name: AttachmentName): readonly [head: string, bytes: string] {
    const handle = this.handleOf(name)
    return [headKey(this.#id, handle), bytesKey(this.#id, handle)]
  }
}
