export { DeadSet, type DeadThreads } from './dead-set.js'
export { packUuid, unpackUuid, uuidLengthBytes } from './packed-uuid.js'
export { readTombstones, TombstoneFile } from './tombstone-file.js'
export type { AbortRecord, PrepareRecord, TombstoneRecord } from './tombstone-record.js'
