// Open intents: what an operation has promised and not yet settled, under `i/<operation id>`. The head
// holds kind and time, the body is the caller's.

import { StoreError } from '@cenotaph/storage'
import { readFrame, sealFrame } from './framed.js'
import { intentKey, type OperationId } from './keys.js'

export interface OpenIntent {
  readonly id: OperationId
  readonly kind: string
  /** The caller's plan. */
  readonly body: Uint8Array
  /** Store time of the commit, in milliseconds since 1970-01-01 UTC. */
  readonly at: number
}

export const sealIntent = (intent: OpenIntent): Uint8Array =>
  sealFrame(intentKey(intent.id), { kind: intent.kind, at: intent.at }, [intent.body])

/** Reads an unsealed intent. Throws LEVEL_DAMAGED `{ key }` where it has another form. */
export function readIntent(id: OperationId, body: Uint8Array): OpenIntent {
  const frame = readFrame(body)
  const head = frame?.head as { kind?: unknown; at?: unknown } | null | undefined
  if (frame && typeof head?.kind === 'string' && typeof head.at === 'number')
    return { id, kind: head.kind, at: head.at, body: frame.rest }
  const key = intentKey(id)
  throw new StoreError('LEVEL_DAMAGED', `the intent under ${key} cannot be read`, {
    detail: { key },
  })
}
