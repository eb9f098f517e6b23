// Which events of the log are not what their leaves committed to. Reads page by page, so that a long log costs a few
// reads of many keys instead of three reads an event.

import type { Journal } from '@cenotaph/journal'
import { canonicalJson, commit, leafHash } from '../proof/index.js'
import {
  eventKey,
  leafBytes,
  nodeKey,
  parseBody,
  payloadKey,
  type StoredEvent,
  type StoredPayload,
} from './stored-event.js'

const EVENTS_A_PAGE = 300

/** Positions below `size`, in order. An erased payload is no damage; one that is there must be the one committed to. */
export async function* damagedEvents(
  journal: Pick<Journal, 'getMany'>,
  size: number,
): AsyncGenerator<number> {
  for (let first = 0; first < size; first += EVENTS_A_PAGE) {
    const count = Math.min(EVENTS_A_PAGE, size - first)
    const positions = Array.from({ length: count }, (_, index) => first + index)
    const bodies = await journal.getMany(positions.map(eventKey))
    const nodes = await journal.getMany(positions.map((position) => nodeKey(0, position)))
    const events = bodies.map((body) => body && parseBody<StoredEvent>(body))
    const secrets = await secretsOf(journal, positions, events)
    for (const [index, position] of positions.entries()) {
      const event = events[index]
      const node = nodes[index]
      const isSound =
        event && node && isLeaf(event, position, node) && isCommitted(event, secrets.get(position))
      if (!isSound) yield position
    }
  }
}

/** Payloads with their salts, where they still exist: beside the leaf, or with the thread. */
async function secretsOf(
  journal: Pick<Journal, 'getMany'>,
  positions: readonly number[],
  events: readonly (StoredEvent | undefined)[],
): Promise<ReadonlyMap<number, StoredPayload>> {
  const secrets = new Map<number, StoredPayload>()
  const ofThreads: { readonly position: number; readonly key: string }[] = []
  for (const [index, position] of positions.entries()) {
    const event = events[index]
    if (!event) continue
    const { threadId, salt, payload } = event
    if (threadId !== null) ofThreads.push({ position, key: payloadKey(threadId, position) })
    else if (salt !== undefined) secrets.set(position, { salt, payload: payload ?? {} })
  }
  if (ofThreads.length === 0) return secrets
  const bodies = await journal.getMany(ofThreads.map(({ key }) => key))
  for (const [index, { position }] of ofThreads.entries()) {
    const body = bodies[index]
    if (body) secrets.set(position, parseBody<StoredPayload>(body))
  }
  return secrets
}

function isLeaf(event: StoredEvent, position: number, node: Uint8Array): boolean {
  const { at, type, threadId, commitment } = event
  const hash = leafHash(leafBytes({ position, at, type, threadId, commitment }))
  return Buffer.compare(hash, node) === 0
}

function isCommitted({ commitment }: StoredEvent, secret: StoredPayload | undefined): boolean {
  if (!secret) return true
  const { salt, payload } = secret
  const expected = commit(Buffer.from(canonicalJson(payload)), Buffer.from(salt, 'hex'))
  return Buffer.from(expected).toString('hex') === commitment
}
