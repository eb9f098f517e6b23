export type { Anchor } from './anchor.js'
export { readAnchor } from './anchor.js'
export { seal, unseal } from './checked-value.js'
export type { BatchOperation, Checkpoint, Commit, IntentCommit } from './commit.js'
export { type Erasure, RANGES_MAX } from './erase.js'
export {
  type GroupRecord,
  isInline,
  type Reservation,
  type ReservedSection,
  type Section,
} from './group.js'
export { type OpenIntent, readIntent } from './intent.js'
export { Journal } from './journal.js'
export type { JournalOptions } from './journal-options.js'
export { isJournalKey, type OperationId, type Sequence } from './keys.js'
export { type Level, openLevel } from './level.js'
export { checkLevelFiles, type LevelCheckOptions } from './level-check.js'
export { type GroupPart, holdsEntries, levelEntries, partsOfGroup } from './level-entries.js'
export { type LogSource, readLogRecords } from './leveldb-log.js'
export { fileLevels, type Levels, memoryLevels } from './levels.js'
export { FORMAT_VERSION, type MetaRow } from './meta.js'
export { OperationIds } from './operation-ids.js'
export { PAGE_ROWS_MAX, type Page, type PageRange } from './pages.js'
export { indexProbes, type Look, type ProbeIndex } from './probe-index.js'
export type { Recovered } from './recovery.js'
export { salvageLevel } from './salvage-level.js'
export { type FileScan, type Hit, scanFile } from './scan.js'
export { type KeyRange, meetsAny, mergeRanges } from './tables.js'
