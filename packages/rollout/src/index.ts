export { checksumOf, extendChecksum, type Tallied, tallied } from './checksum.js'
export type { Damage, DamageKind } from './damage.js'
export {
  dateFolderOf,
  isTemporaryName,
  localTimeOf,
  parseRolloutFileName,
  type RolloutFileName,
  rolloutFileName,
} from './file-names.js'
export { findOrdinal, type OrdinalPlace } from './find-ordinal.js'
export type { History, HistoryChunk, HistoryLine, HistoryOptions } from './history.js'
export {
  isOrdinal,
  type Ordinal,
  ordinal,
  parseRolloutId,
  parseThreadId,
  type RolloutId,
  type ThreadId,
} from './ids.js'
export {
  type Compacted,
  type HistoryBase,
  type RolloutItem,
  type SessionMeta,
  sessionMetaOf,
  type Tagged,
  viewItem,
  type WorldState,
} from './items.js'
export {
  encodeLine,
  type LineParts,
  lineText,
  payloadText,
  type RolloutLine,
  rewriteSessionMeta,
  type SessionMetaChange,
} from './line.js'
export {
  type OpenedRollout,
  type OpenHistoryOptions,
  openHistory,
  type RolloutLookup,
  type Segment,
} from './lineage.js'
export {
  type PolicyDecision,
  type PolicyOptions,
  type PolicyReason,
  persistencePolicy,
} from './policy.js'
export { type ReadBackwardOptions, type ReadOptions, readBackward, readForward } from './reader.js'
export { isRedacted, redactRecord } from './redact-record.js'
export {
  type FoundText,
  type SearchRolloutOptions,
  searchRollout,
} from './search/search-rollout.js'
export { type TextPattern, type TextPlace, textPattern } from './search/text-pattern.js'
export { encodeSessionIndexLine, parseSessionIndex, type SessionName } from './session-index.js'
export {
  type CompareOptions,
  type CopyOptions,
  clipSource,
  copySource,
  memorySource,
  type OpenSourceOptions,
  openPlainSource,
  openRolloutSource,
  type RolloutSource,
  sameContent,
} from './source.js'
export { type RolloutSummary, type SummariseOptions, summarise } from './summary.js'
export { readTurns, type Turn } from './turns.js'
export { fallbackUserTextOf, userTextOf } from './user-text.js'
export { type Codec, nativeCodec } from './zstd/codec.js'
export { type EncodeOptions, encodeSeekable } from './zstd/encode-seekable.js'
export { openZstdSource, type SourceLimits } from './zstd/zstd-source.js'
