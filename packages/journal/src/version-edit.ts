// What is needed of a MANIFEST record: the number of the oldest log that is still to be replayed, and which tables
// come and go. A record is a list of (tag, value); values are varints and length-prefixed strings.
// (LevelDB db/version_edit.cc.)

import { varintsOf } from './leveldb-table.js'

const fieldsByTag: Readonly<Record<number, readonly ('number' | 'text')[]>> = {
  1: ['text'], // comparator
  2: ['number'], // log number
  3: ['number'], // next file number
  4: ['number'], // last sequence
  5: ['number', 'text'], // compaction pointer: level, key
  6: ['number', 'number'], // deleted file: level, number
  7: ['number', 'number', 'number', 'text', 'text'], // new file: level, number, bytes, bounds
  9: ['number'], // previous log number
}

const LOG_NUMBER_TAG = 2
const DELETED_FILE_TAG = 6
const NEW_FILE_TAG = 7

export interface VersionEdit {
  /** undefined where the record sets none. */
  readonly logNumber: number | undefined
  /** Numbers of tables. One that moves to another level is deleted and added by the same record. */
  readonly deleted: readonly number[]
  readonly added: readonly { readonly number: number; readonly bytes: number }[]
}

/** undefined where the record cannot be read. */
export function versionEditOf(record: Uint8Array): VersionEdit | undefined {
  const read = varintsOf(record)
  let logNumber: number | undefined
  const deleted: number[] = []
  const added: { number: number; bytes: number }[] = []
  while (read.at() < record.length) {
    const tag = read()
    const fields = tag === undefined ? undefined : fieldsByTag[tag]
    if (!fields) return undefined
    const numbers: number[] = []
    for (const field of fields) {
      const value = read()
      if (value === undefined) return undefined
      if (field === 'text') read.skip(value)
      else numbers.push(value)
    }
    if (tag === LOG_NUMBER_TAG) logNumber = numbers[0]
    if (tag === DELETED_FILE_TAG) deleted.push(numbers[1]!)
    if (tag === NEW_FILE_TAG) added.push({ number: numbers[1]!, bytes: numbers[2]! })
  }
  return { logNumber, deleted, added }
}
