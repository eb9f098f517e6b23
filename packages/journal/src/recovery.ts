// What open finds in the database, checked before anything is believed: every value's checksum, groups
// without a gap, the number and XOR of the open intents, and the anchor outside of the database.
//
// A checkpoint is one batch (trimmed := n, deletes), perhaps more deletes, then the anchor. A crash
//   before the batch            leaves anchor = trimmed, and the groups are still there;
//   between batch and deletes   leaves groups at or below `trimmed`: ignored, deleted by the next one;
//   between batch and anchor    leaves anchor < trimmed: the database is the newer of the two, and sound;
// and no crash leaves anchor > trimmed, so that is a database that went back in time.

import { type Disk, StoreError } from '@cenotaph/storage'
import { type Anchor, readAnchor } from './anchor.js'
import { CHECKSUM_BYTES, unseal } from './checked-value.js'
import { type GroupRecord, readGroup } from './group.js'
import { type OpenIntent, readIntent } from './intent.js'
import {
  GROUP_PREFIX,
  INTENT_PREFIX,
  META_KEY,
  operationIdOf,
  type Sequence,
  sequenceOf,
} from './keys.js'
import { type Level, reading } from './level.js'
import { decodeMeta, emptyMeta, type MetaRow } from './meta.js'
import { toggleId } from './operation-ids.js'
import { readRows } from './pages.js'

/** What the journal held when it was opened. */
export interface Recovered {
  /** Open intents, in the order of their ids. */
  readonly intents: readonly OpenIntent[]
  /** Groups that no checkpoint has trimmed, in the order of their sequences. */
  readonly groups: readonly GroupRecord[]
  /** undefined for a store to which nothing was ever committed. */
  readonly meta: MetaRow | undefined
  readonly anchor: Anchor | undefined
}

export interface Recovery extends Recovered {
  /** Stored bytes of each of `groups`, in the same order. */
  readonly groupBytes: readonly number[]
  /** Every group up to this one has no key any more. */
  readonly deletedThrough: number
}

export interface RecoverOptions {
  readonly level: Level
  readonly disk: Disk
  readonly anchorPath: string
  readonly fresh: boolean
}

/** Errors: JOURNAL_GAP `{ reason }`, LEVEL_DAMAGED `{ key }`, STORE_FORMAT_NEWER. Changes nothing. */
export async function recover(options: RecoverOptions): Promise<Recovery> {
  const { level } = options
  const anchor = await readAnchor(options.disk, options.anchorPath)
  const row = await reading(() => level.get(META_KEY))
  const meta = row && decodeMeta(unseal(META_KEY, row))
  checkWitnesses(anchor, meta, options.fresh)
  const known = meta ?? emptyMeta
  const groups = await readGroups(level, known)
  return { ...groups, intents: await readIntents(level, known), meta, anchor }
}

function checkWitnesses(
  anchor: Anchor | undefined,
  meta: MetaRow | undefined,
  fresh: boolean,
): void {
  if (fresh && anchor) throw gap('anchor-unexpected', { anchor: anchor.sequence })
  if (fresh) return
  if (!anchor) throw gap('anchor-missing', {})
  if (!meta) throw gap('meta-missing', { anchor: anchor.sequence })
  if (anchor.sequence > meta.trimmed)
    throw gap('older-than-anchor', { anchor: anchor.sequence, trimmed: meta.trimmed })
}

async function readGroups(
  level: Level,
  meta: MetaRow,
): Promise<Pick<Recovery, 'groups' | 'groupBytes' | 'deletedThrough'>> {
  const groups: GroupRecord[] = []
  const groupBytes: number[] = []
  let deletedThrough = meta.trimmed
  let expected = meta.trimmed + 1
  for await (const [key, body] of readRows(level, prefixRange(GROUP_PREFIX))) {
    const sequence = sequenceOf(key) ?? foreign(key)
    if (sequence <= meta.trimmed) {
      deletedThrough = Math.min(deletedThrough, sequence - 1)
      continue
    }
    if (sequence !== expected || sequence > meta.lastSequence)
      throw gap('group-missing', { expected, found: sequence, last: meta.lastSequence })
    groups.push(readGroup(key, sequence as Sequence, body))
    groupBytes.push(body.length + CHECKSUM_BYTES)
    expected++
  }
  if (expected !== meta.lastSequence + 1)
    throw gap('group-missing', { expected, last: meta.lastSequence })
  return { groups, groupBytes, deletedThrough }
}

async function readIntents(level: Level, meta: MetaRow): Promise<readonly OpenIntent[]> {
  const intents: OpenIntent[] = []
  let sum = emptyMeta.openIntentsXor
  for await (const [key, body] of readRows(level, prefixRange(INTENT_PREFIX))) {
    const id = operationIdOf(key) ?? foreign(key)
    if (meta.lastOperationId === undefined || id > meta.lastOperationId)
      throw gap('intent-unknown', { id })
    sum = toggleId(sum, id)
    intents.push(readIntent(id, body))
  }
  if (intents.length !== meta.openIntents || sum !== meta.openIntentsXor)
    throw gap('intent-missing', { expected: meta.openIntents, found: intents.length })
  return intents
}

/** All keys that begin with a prefix that ends in '/', whose successor is '0'. */
const prefixRange = (prefix: string) => ({ gt: prefix, lt: `${prefix.slice(0, -1)}0` })

const foreign = (key: string): never => {
  throw new StoreError('LEVEL_DAMAGED', `a key that the journal never writes: ${key}`, {
    detail: { key },
  })
}

const gap = (reason: string, detail: Readonly<Record<string, unknown>>): StoreError =>
  new StoreError('JOURNAL_GAP', `the journal is not whole: ${reason}`, {
    detail: { reason, ...detail },
  })
