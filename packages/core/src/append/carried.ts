// Lines of a parked thread that the journal holds and the rollout cannot take: they outlive the trimming of
// the journal as a value of the thread, `t/<id>/carried`, and are tried again at every open and by repair.

import {
  type BatchOperation,
  isInline,
  type ReservedSection,
  type Section,
} from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import type { ThreadState } from '../threads/thread-state.js'

interface StoredSection {
  readonly generation: number
  readonly offset: number
  readonly first: number
  readonly count: number
  /** Of lines that the journal held itself. */
  readonly bytes?: string
  /** Of lines that were in the rollout when they were committed. */
  readonly length?: number
  readonly crc?: number
  readonly tag?: string
}

const carriedKey = (id: ThreadId): string => `t/${id}/carried`

/** Index of the threads that have carried lines, so that open finds them without reading every row. */
const carriedIndexKey = (id: ThreadId): string => `${carriedIndexPrefix}${id}`
export const carriedIndexPrefix = 'x/c/'

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

export function carryOperations(context: StoreContext, state: ThreadState): BatchOperation[] {
  if (state.carried.length === 0 || context.dead.has(state.threadId)) return []
  const stored = state.carried.map(
    (section): StoredSection => ({
      generation: section.generation,
      offset: section.offset,
      first: section.first,
      count: section.count,
      ...(isInline(section)
        ? { bytes: base64(section.bytes) }
        : { length: section.length, crc: section.crc }),
      ...(section.tag ? { tag: base64(section.tag) } : {}),
    }),
  )
  return [
    { type: 'put', key: carriedKey(state.threadId), body: Buffer.from(JSON.stringify(stored)) },
    { type: 'put', key: carriedIndexKey(state.threadId), body: new Uint8Array(0) },
  ]
}

export function dropCarriedOperations(id: ThreadId): BatchOperation[] {
  return [
    { type: 'del', key: carriedKey(id) },
    { type: 'del', key: carriedIndexKey(id) },
  ]
}

export async function readCarried(
  context: StoreContext,
  id: ThreadId,
): Promise<(Section | ReservedSection)[]> {
  const body = await context.journal.get(carriedKey(id))
  if (!body) return []
  const stored = JSON.parse(Buffer.from(body).toString()) as StoredSection[]
  return stored.map(({ bytes, length = 0, crc = 0, tag, ...place }) => ({
    subject: id,
    ...place,
    ...(bytes === undefined ? { length, crc } : { bytes: Buffer.from(bytes, 'base64') }),
    ...(tag === undefined ? {} : { tag: Buffer.from(tag, 'base64') }),
  }))
}
