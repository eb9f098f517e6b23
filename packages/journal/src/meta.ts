// The row `meta`, rewritten by every batch that changes the journal. It is how a missing record is
// noticed: LevelDB drops records after a flipped bit of its log, and loses whole logs, without a word.

import { StoreError } from '@cenotaph/storage'
import { META_KEY, type OperationId, operationIdOf } from './keys.js'

/** Version of everything that journal and anchor write. A store of a newer one is refused. */
export const FORMAT_VERSION = 1

export interface MetaRow {
  readonly formatVersion: number
  /** Sequence of the newest append group; 0 before the first. */
  readonly lastSequence: number
  /** Groups up to this one are trimmed: described by durable files and rows, never replayed. */
  readonly trimmed: number
  readonly lastOperationId: OperationId | undefined
  /** Number of open intents. */
  readonly openIntents: number
  /** XOR of the 128-bit ids of the open intents, as 32 hexadecimal digits. */
  readonly openIntentsXor: string
  /** Store time of the batch, in milliseconds since 1970-01-01 UTC. */
  readonly storeTimeMs: number
}

export const emptyMeta: MetaRow = {
  formatVersion: FORMAT_VERSION,
  lastSequence: 0,
  trimmed: 0,
  lastOperationId: undefined,
  openIntents: 0,
  openIntentsXor: '0'.repeat(32),
  storeTimeMs: 0,
}

export const encodeMeta = (meta: MetaRow): Uint8Array => Buffer.from(JSON.stringify(meta))

/** Reads an unsealed `meta`. Throws STORE_FORMAT_NEWER, or LEVEL_DAMAGED where it has another form. */
export function decodeMeta(body: Uint8Array): MetaRow {
  let row: Partial<Record<keyof MetaRow, unknown>> | null
  try {
    row = JSON.parse(Buffer.from(body).toString())
  } catch {
    throw malformed()
  }
  refuseNewer(row?.formatVersion)
  const numbers = [row?.lastSequence, row?.trimmed, row?.openIntents, row?.storeTimeMs]
  const id = row?.lastOperationId
  const idIsGood = id === undefined || (typeof id === 'string' && operationIdOf(`i/${id}`))
  const xor = row?.openIntentsXor
  if (!numbers.every(Number.isSafeInteger) || !idIsGood) throw malformed()
  if (typeof xor !== 'string' || !/^[0-9a-f]{32}$/.test(xor)) throw malformed()
  return { ...emptyMeta, ...(row as MetaRow) }
}

export function refuseNewer(formatVersion: unknown): void {
  if (typeof formatVersion === 'number' && formatVersion > FORMAT_VERSION)
    throw new StoreError('STORE_FORMAT_NEWER', 'a newer version of the engine wrote this store', {
      detail: { formatVersion, supported: FORMAT_VERSION },
    })
}

const malformed = (): StoreError =>
  new StoreError('LEVEL_DAMAGED', 'the state of the journal cannot be read', {
    detail: { key: META_KEY },
  })
