// The keys that belong to the journal. Keys hold numbers and ids only: LevelDB keeps key bytes in its
// MANIFEST and LOG for a long time, and the erasure recipe itself writes keys there.
//
//   meta                    the state of the journal, rewritten by every batch that changes it
//   j/<16 decimal digits>   one append group
//   i/<operation id>        one open intent
//
// Every other key is the caller's.

declare const brand: unique symbol

/** Number of a journal record: 1 for the first of a store, then without gaps. */
export type Sequence = number & { readonly [brand]: 'Sequence' }

/** A ULID. Ids of one store ascend, whatever its clock does. */
export type OperationId = string & { readonly [brand]: 'OperationId' }

export const META_KEY = 'meta'
export const GROUP_PREFIX = 'j/'
export const INTENT_PREFIX = 'i/'

const SEQUENCE_DIGITS = 16

export const groupKey = (sequence: number): string =>
  GROUP_PREFIX + String(sequence).padStart(SEQUENCE_DIGITS, '0')

export const intentKey = (id: OperationId): string => INTENT_PREFIX + id

/** The sequence in a group's key; undefined where the key has another form. */
export function sequenceOf(key: string): Sequence | undefined {
  return /^j\/\d{16}$/.test(key) ? (Number(key.slice(GROUP_PREFIX.length)) as Sequence) : undefined
}

/** The operation id in an intent's key; undefined where the key has another form. */
export function operationIdOf(key: string): OperationId | undefined {
  return /^i\/[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(key)
    ? (key.slice(INTENT_PREFIX.length) as OperationId)
    : undefined
}

export const isJournalKey = (key: string): boolean =>
  key === META_KEY || key.startsWith(GROUP_PREFIX) || key.startsWith(INTENT_PREFIX)
