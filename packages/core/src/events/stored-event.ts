// How an event is stored, and under which keys; see event-log.ts.

import { canonicalJson } from '../proof/index.js'

/** What the leaf of an event is the hash of. */
export interface EventLeaf {
  readonly position: number
  readonly at: number
  readonly type: string
  readonly threadId: string | null
  readonly commitment: string
}

export interface StoredEvent {
  readonly at: number
  readonly type: string
  readonly threadId: string | null
  readonly commitment: string
  readonly salt?: string
  readonly payload?: Readonly<Record<string, unknown>>
}

export interface StoredPayload {
  readonly salt: string
  readonly payload: Readonly<Record<string, unknown>>
}

const digits = (value: number): string => String(value).padStart(16, '0')
export const eventKey = (position: number): string => `e/${digits(position)}`
export const payloadKey = (id: string, position: number): string => `t/${id}/e/${digits(position)}`
export const nodeKey = (level: number, index: number): string =>
  `m/${String(level).padStart(2, '0')}/${digits(index)}`

export const leafBytes = (leaf: EventLeaf): Uint8Array => Buffer.from(canonicalJson({ ...leaf }))

export const bodyOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))
export const parseBody = <T>(body: Uint8Array): T => JSON.parse(Buffer.from(body).toString()) as T
