// What a leaf of the event log says. It holds a commitment to the payload and never the payload, so the log
// can be verified for ever, and nothing in it has to be erased.

import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { canonicalBytes } from './canonical-json.js'

export interface EventRecord {
  /** Store time, milliseconds since 1970 UTC. */
  readonly at: number
  /** Hex, 32 bytes. */
  readonly commitment: string
  readonly position: number
  /** null where the event is about a set of threads, or about none. */
  readonly threadId: ThreadId | null
  readonly type: string
}

/** The bytes that a leaf hashes: canonical JSON of exactly these five members. */
export function eventLeafBytes({
  at,
  commitment,
  position,
  threadId,
  type,
}: EventRecord): Uint8Array {
  return canonicalBytes({ at, commitment, position, threadId, type })
}

/** Reads back what `eventLeafBytes` wrote. ARGUMENT_INVALID for any other bytes. */
export function parseEventLeaf(bytes: Uint8Array): EventRecord {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    if (isEventRecord(value) && Buffer.from(bytes).equals(eventLeafBytes(value))) return value
  } catch {
    // Told below, in the project's own words.
  }
  throw new StoreError('ARGUMENT_INVALID', 'not a leaf of the event log')
}

function isEventRecord(value: unknown): value is EventRecord {
  if (typeof value !== 'object' || value === null) return false
  const { at, commitment, position, threadId, type } = value as Record<keyof EventRecord, unknown>
  return (
    [commitment, type].every((text) => typeof text === 'string') &&
    (threadId === null || typeof threadId === 'string') &&
    [at, position].every((number) => Number.isSafeInteger(number))
  )
}
