// Every code that an error of this project can carry. docs/errors.md has a heading for each; a test
// keeps the two lists equal. AREA_CONDITION: the area says which promise is concerned.

export const errorCodes = [
  // The root and its process
  'STORE_LOCKED',
  'STORE_CLOSED',
  'STORE_FAILED',
  'STORE_FORMAT_NEWER',
  'ROOT_NOT_A_FOLDER',
  'ROOT_NOT_ACCESSIBLE',
  'JOURNAL_GAP',
  'LEVEL_DAMAGED',
  'TOMBSTONES_DAMAGED',
  'KEY_MISMATCH',
  // The disk
  'DISK_FULL',
  'DISK_ERROR',
  // Threads
  'THREAD_ID_MALFORMED',
  'THREAD_NOT_FOUND',
  'THREAD_EXISTS',
  'THREAD_DELETED',
  'THREAD_ARCHIVED',
  'THREAD_NOT_ARCHIVED',
  'THREAD_HAS_WRITER',
  'THREAD_HAS_FORKS',
  'THREAD_HELD',
  'THREAD_NOT_HELD',
  'THREAD_UNAVAILABLE',
  'THREAD_AMBIGUOUS',
  'TURN_NOT_FOUND',
  // Appends
  'ORDINAL_CONFLICT',
  'ORDINAL_OVERFLOW',
  'IDEMPOTENCY_CONFLICT',
  'ITEM_INVALID',
  'ITEM_TOO_LARGE',
  'RECORDER_CLOSED',
  'BUFFERED_LOST',
  // Rollouts
  'ROLLOUT_NOT_FOUND',
  'ROLLOUT_SHORT',
  'ROLLOUT_CHANGED',
  'ROLLOUT_DAMAGED',
  'ROLLOUT_LINE_TOO_LONG',
  'ROLLOUT_ZSTD_DAMAGED',
  'ROLLOUT_ZSTD_BOMB',
  'LINEAGE_CYCLE',
  'LINEAGE_BASE_MISSING',
  // Deletion and proof
  'ERASE_INCOMPLETE',
  'PLAN_CHANGED',
  'REASON_REFUSED',
  'RECEIPT_NOT_FOUND',
  'RECEIPT_INVALID',
  // Calls
  'ARGUMENT_INVALID',
  'CURSOR_INVALID',
  'EXPORT_TARGET_EXISTS',
  'IMPORT_SOURCE_INVALID',
] as const

export type ErrorCode = (typeof errorCodes)[number]
