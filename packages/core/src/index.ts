export type { ThreadId } from '@cenotaph/rollout'
export { type ErrorCode, errorCodes, isStoreError, StoreError } from '@cenotaph/storage'
export type { AppendResult, DroppedItem } from './append/idempotency.js'
export { type NewItem, RawJson } from './append/prepared-lines.js'
export type { Recorder, RecorderOptions } from './append/recorder.js'
export type { RecorderSubject } from './append/store-recorder.js'
export type { AttachmentChange } from './attachments/attachment-keys.js'
export type {
  AttachmentInfo,
  AttachmentPage,
  ListAttachmentsOptions,
  PutAttachmentOptions,
  ThreadAttachments,
} from './attachments/attachments.js'
export type { BackupProblem } from './backup/copy-thread.js'
export type { KnownBackup } from './backup/known-backups.js'
export { type BackupOptions, type BackupResult, backupCrashPoints } from './backup/make-backup.js'
export {
  type RestoreOptions,
  type RestoreReport,
  restoreBackup,
} from './backup/restore-backup.js'
export { restoreCrashPoints } from './backup/restore-root.js'
export {
  type BackupVerdict,
  type VerifyBackupOptions,
  verifyBackup,
} from './backup/verify-backup.js'
export type {
  CompressedThread,
  CompressOptions,
  CompressProgress,
  CompressResult,
  UncompressedThread,
} from './compression/compress-threads.js'
export type { CompressionOptions } from './compression/policy.js'
export type { ForksMode } from './erasure/delete-scope.js'
export type { SparedThread, ThreadSelection } from './erasure/thread-selection.js'
export type { Position, StoreEvent } from './events/event-log.js'
export { repairCrashPoints } from './inspection/repair-crash-points.js'
export {
  type Lost,
  type RepairOptions,
  type RepairReport,
  repairStore,
} from './inspection/repair-store.js'
export type { Problem, VerifyOptions, VerifyReport } from './inspection/verify-store.js'
export type { AppendOptions } from './lifecycle/append.js'
export type { CreateThreadOptions } from './lifecycle/create.js'
export type { DeleteOptions, DeleteResult, PendingStep } from './lifecycle/delete-threads.js'
export type { ForkOptions, ForkResult } from './lifecycle/fork.js'
export { crashPoints } from './lifecycle/operations.js'
export type { IgnoredOverride, ResumeOptions, ResumeResult } from './lifecycle/resume.js'
export type { ThreadStoreOptions } from './options.js'
export type { WaitingParticipant } from './participants/erase-with-participants.js'
export type { Participant, ParticipantContext } from './participants/participant.js'
export type { ParticipantView } from './participants/verbs.js'
export {
  type HeadVerdict,
  type LogHead,
  type LogPoint,
  type Receipt,
  type ReceiptVerdict,
  verifyLogHead,
  verifyReceipt,
} from './proof/index.js'
export type { ThreadItem } from './reading/item.js'
export type {
  ListItemsOptions,
  ListTurnsOptions,
  TurnPage,
} from './reading/list-items.js'
export type { ListThreadsOptions, ThreadPage } from './reading/list-threads.js'
export type { SearchHit } from './reading/search-thread.js'
export type { SearchPage, SearchThreadsOptions, UnreadThread } from './reading/search-threads.js'
export type { DirectoryStats, LargeThread, StatsOptions, StoreStats } from './reading/stats.js'
export type { ThreadStatus } from './reading/thread-status.js'
export type { ThreadStateName, ThreadView } from './reading/thread-view.js'
export type { EventsOptions, WatchOptions } from './reading/watch-events.js'
export type { OrdinalRange } from './redaction/ordinal-spans.js'
export type { RedactOptions, RedactResult } from './redaction/redact-items.js'
export type { RedactedLine } from './redaction/redact-lines.js'
export type { Spared, SpareReason } from './retention/decide.js'
export type { DueThread, RetentionPlan } from './retention/plan.js'
export type { RetentionExclusions, RetentionPolicy } from './retention/policy.js'
export type { Retention } from './retention/retention.js'
export type { RetentionRun, RetentionRunOptions } from './retention/run.js'
export type { WhenOptions } from './schedule/due-date.js'
export type { SweepOptions, SweepResult, UnconfirmedThread } from './schedule/sweep.js'
export { openThreadStore, type ResumedThread, ThreadStore } from './store.js'
export { type Duration, parseDuration } from './time/duration.js'
export type { ExportedThread, ExportOptions } from './transfer/export-threads.js'
export type { ImportOptions, ImportReport } from './transfer/import-rollouts.js'
export { version } from './version.js'
