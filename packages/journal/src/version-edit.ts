// The one fact that is needed of a MANIFEST record: the number of the oldest log that is still to be
// replayed. A record is a list of (tag, value); values are varints and length-prefixed strings.
// (LevelDB db/version_edit.cc.)

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

/** The log number that a MANIFEST record sets; undefined where it sets none or cannot be read. */
export function logNumberOf(record: Uint8Array): number | undefined {
  let at = 0
  let found: number | undefined
  const varint = (): number => {
    let value = 0
    for (let factor = 1; at < record.length; factor *= 128) {
      const byte = record[at++]!
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    return Number.NaN
  }
  while (at < record.length) {
    const tag = varint()
    const fields = fieldsByTag[tag]
    if (!fields) return undefined
    for (const field of fields) {
      const value = varint()
      if (Number.isNaN(value)) return undefined
      if (field === 'text') at += value
      else if (tag === LOG_NUMBER_TAG) found = value
    }
  }
  return found
}
