// The event log: permanent facts, one after another, as the leaves of a Merkle tree. A leaf holds a salted
// commitment to its payload. Payload and salt are values of the thread (`t/<id>/e/<position>`) and die with
// it; the leaf stays, and the log still verifies. Events of no one thread keep their payload beside the leaf:
// it holds ids and counts only.
//
//   e/<position>        {at, type, threadId, commitment} and, without a thread, {salt, payload}
//   m/<level>/<index>   hashes of complete subtrees

import type { BatchOperation, Journal } from '@cenotaph/journal'
import { parseThreadId, type ThreadId } from '@cenotaph/rollout'
import type { Entropy } from '@cenotaph/storage'
import type { NewEvent } from '../lifecycle/operation.js'
import { canonicalJson, commit, leafHash, MerkleLog, type MerklePlan } from '../proof/index.js'
import {
  bodyOf,
  eventKey,
  leafBytes,
  nodeKey,
  parseBody,
  payloadKey,
  type StoredEvent,
  type StoredPayload,
} from './stored-event.js'

export type Position = number & { readonly __brand: 'Position' }

export interface StoreEvent {
  readonly position: Position
  /** Milliseconds since 1970 UTC. */
  readonly at: number
  readonly type: string
  readonly threadId: ThreadId | null
  /** Null once erased. */
  readonly payload: Readonly<Record<string, unknown>> | null
  /** Hex. */
  readonly commitment: string
}

/** An event whose commitment the caller made: a receipt is committed to as a whole, unsalted. */
export interface CommittedEvent {
  readonly type: string
  readonly commitment: string
  readonly payload: Readonly<Record<string, unknown>>
}

export interface EventPlan {
  readonly operations: readonly BatchOperation[]
  readonly merkle: MerklePlan
  readonly at: number
  readonly firstPosition: number
  apply(): void
}

export class EventLog {
  readonly #journal: Journal
  readonly #entropy: Entropy
  readonly #merkle: MerkleLog
  readonly #listeners = new Set<() => void>()

  private constructor(journal: Journal, entropy: Entropy, merkle: MerkleLog) {
    this.#journal = journal
    this.#entropy = entropy
    this.#merkle = merkle
  }

  static async load(journal: Journal, entropy: Entropy): Promise<EventLog> {
    const newest = await journal.page({ gt: 'e/', lt: 'e0', reverse: true, limit: 1 })
    const size = newest.entries[0] ? Number(newest.entries[0][0].slice(2)) + 1 : 0
    const merkle = await MerkleLog.load(size, (level, index) => journal.get(nodeKey(level, index)))
    return new EventLog(journal, entropy, merkle)
  }

  get size(): number {
    return this.#merkle.size
  }

  get rootHash(): string {
    return Buffer.from(this.#merkle.root()).toString('hex')
  }

  get tree(): MerkleLog {
    return this.#merkle
  }

  /** What a batch must hold so that these events are in the log. Synchronous; changes nothing yet. */
  plan(events: readonly (NewEvent | CommittedEvent)[]): EventPlan {
    const at = this.#journal.storeTimeMs()
    const firstPosition = this.#merkle.size
    const operations: BatchOperation[] = []
    const leaves = events.map((event, index) => {
      const position = firstPosition + index
      const stored = this.#store(event, position, at, operations)
      operations.push({ type: 'put', key: eventKey(position), body: bodyOf(stored) })
      const { type, threadId, commitment } = stored
      return leafHash(leafBytes({ position, at, type, threadId, commitment }))
    })
    const merkle = this.#merkle.plan(leaves)
    for (const { level, index, hash } of merkle.nodes) {
      operations.push({ type: 'put', key: nodeKey(level, index), body: hash })
    }
    return {
      operations,
      merkle,
      at,
      firstPosition,
      apply: () => {
        if (leaves.length === 0) return
        merkle.apply()
        for (const listener of this.#listeners) listener()
      },
    }
  }

  #store(
    event: NewEvent | CommittedEvent,
    position: number,
    at: number,
    operations: BatchOperation[],
  ): StoredEvent {
    if ('commitment' in event) return { at, threadId: null, ...event }
    const salt = this.#entropy.bytes(32)
    const payload = Buffer.from(canonicalJson(event.payload))
    const commitment = Buffer.from(commit(payload, salt)).toString('hex')
    const secret: StoredPayload = {
      salt: Buffer.from(salt).toString('hex'),
      payload: event.payload,
    }
    const { type, threadId } = event
    if (threadId === null) return { at, type, threadId, commitment, ...secret }
    operations.push({ type: 'put', key: payloadKey(threadId, position), body: bodyOf(secret) })
    return { at, type, threadId, commitment }
  }

  /** Events behind a position, oldest first; at most `limit`, in one page. */
  async read(after: number, limit: number): Promise<StoreEvent[]> {
    const page = await this.#journal.page({ gt: eventKey(after), lt: 'e0', limit })
    return Promise.all(
      page.entries.map(async ([key, body]) => {
        const position = Number(key.slice(2))
        const stored = parseBody<StoredEvent>(body)
        const { at, type, commitment } = stored
        const threadId = stored.threadId === null ? null : (parseThreadId(stored.threadId) ?? null)
        const payload = await this.#payloadOf(stored, position)
        return { position: position as Position, at, type, threadId, payload, commitment }
      }),
    )
  }

  async #payloadOf(
    stored: StoredEvent,
    position: number,
  ): Promise<Readonly<Record<string, unknown>> | null> {
    if (stored.threadId === null) return stored.payload ?? null
    const body = await this.#journal.get(payloadKey(stored.threadId, position))
    return body ? parseBody<StoredPayload>(body).payload : null
  }

  /** Calls back after each batch that added events. Returns the function that ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
