// What a store does for its owner beside writing and deleting: schedules and restores, holds, retention, participants,
// attachments, redaction, backups. Each method is one verb; what it does is in the folder of its subject.

import type { ThreadId } from '@cenotaph/rollout'
import { ThreadAttachments } from './attachments/attachments.js'
import { forgetBackup, type KnownBackup, knownBackups } from './backup/known-backups.js'
import { type BackupOptions, type BackupResult, makeBackup } from './backup/make-backup.js'
import {
  type CompressOptions,
  type CompressResult,
  compressThreads,
} from './compression/compress-threads.js'
import type { ThreadSelection } from './erasure/thread-selection.js'
import { checkHoldReason, hold, pin, unhold, unpin } from './lifecycle/hold.js'
import { restore } from './lifecycle/restore.js'
import { runOperation } from './lifecycle/run-operation.js'
import type { Participant } from './participants/participant.js'
import { forget, listParticipants, type ParticipantView, register } from './participants/verbs.js'
import { listHolds } from './reading/list-holds.js'
import type { ThreadView } from './reading/thread-view.js'
import type { OrdinalRange } from './redaction/ordinal-spans.js'
import { type RedactOptions, type RedactResult, redactItems } from './redaction/redact-items.js'
import { type Retention, retentionOf } from './retention/retention.js'
import { type SweepOptions, type SweepResult, sweep } from './schedule/sweep.js'
import { StoreReader } from './store-reader.js'
import { requireThreadId, requireThreadIds } from './threads/require-thread.js'

export class StoreCustody extends StoreReader {
  /**
   * Nothing deletes the thread until `unholdThread`: no delete of it, of what spawned it or of what it was forked from,
   * no retention, and no date that was set before. The reason has 1 to 500 characters; a later one replaces it.
   */
  async holdThread(threadId: string, reason: string): Promise<void> {
    checkHoldReason(reason)
    await runOperation(this.writable, hold, { threadId: requireThreadId(threadId), reason })
  }

  /** @throws THREAD_NOT_HELD */
  async unholdThread(threadId: string): Promise<void> {
    const context = this.writable
    await runOperation(context, unhold, { threadId: requireThreadId(threadId) })
    context.dueDeletions.arm()
  }

  /**
   * Takes a scheduled deletion back, of these threads and all that they spawned; returns every thread that is back.
   * @throws THREAD_NOT_SCHEDULED; THREAD_SCHEDULED, naming an ancestor that stays scheduled
   */
  async restoreThreads(threadIds: readonly string[]): Promise<readonly ThreadId[]> {
    return runOperation(this.writable, restore, { threadIds: requireThreadIds(threadIds) })
  }

  /**
   * Tries all that waits now: erasures with steps left, and scheduled deletions that are due. What a wall clock that is
   * not believed would make due is listed in `unconfirmed`, and deleted with `confirmClock`.
   */
  async sweep(options: SweepOptions = {}): Promise<SweepResult> {
    return sweep(this.writable, options)
  }

  /** Every thread on hold, archived and scheduled ones included, in the order of their ids. */
  listHolds(): Promise<readonly ThreadView[]> {
    return listHolds(this.context)
  }

  /** Retention leaves the thread alone; a delete does not. Pinning it twice is one pin. */
  async pinThread(threadId: string): Promise<void> {
    await runOperation(this.writable, pin, { threadId: requireThreadId(threadId) })
  }

  async unpinThread(threadId: string): Promise<void> {
    await runOperation(this.writable, unpin, { threadId: requireThreadId(threadId) })
  }

  /** What the host keeps with a thread beside its lines. It goes with the thread. @throws THREAD_ID_MALFORMED */
  attachments(threadId: string): ThreadAttachments {
    return new ThreadAttachments(
      requireThreadId(threadId),
      () => this.context,
      () => this.writable,
    )
  }

  /**
   * From now on every delete asks this participant, whoever runs it; the name is durable when it resolves, the code is
   * this process's. Deletes that wait for the name are tried again at once. Returns what takes the code away; the name
   * stays. @throws ARGUMENT_INVALID, PARTICIPANT_EXISTS
   */
  async registerParticipant(participant: Participant): Promise<() => void> {
    return register(this.writable, participant)
  }

  /** Every name in the registry, forgotten ones included, in order. */
  async participants(): Promise<readonly ParticipantView[]> {
    return listParticipants(this.context)
  }

  /**
   * No delete waits for this name any longer: what its host still keeps is not erased, and receipts say `forgotten`. A
   * recorded decision, with a reason of 1 to 200 characters. @throws ARGUMENT_INVALID, PARTICIPANT_NOT_FOUND
   */
  async forgetParticipant(name: string, reason: string): Promise<void> {
    await forget(this.writable, name, reason)
  }

  /** What is done with threads that nobody has used for long: nothing, until a policy is set and run. */
  get retention(): Retention {
    return retentionOf(
      () => this.context,
      () => this.writable,
    )
  }

  /**
   * Takes the text out of lines of a thread that lives on: a secret that was pasted by mistake. A line keeps its time,
   * ordinal, type, payload type, turn id and length. From the commit on no read gives the old text; when it resolves
   * with `deleted`, no file of the store has it, and the receipt says how that was checked. The reason is kept there.
   */
  async redactItems(
    threadId: string,
    ordinals: readonly OrdinalRange[],
    reason: string,
    options: RedactOptions = {},
  ): Promise<RedactResult> {
    const context = options?.dryRun ? this.context : this.writable
    return redactItems(context, threadId, ordinals, reason, options)
  }

  /**
   * Makes cold threads small: their rollouts become zstd files, which every read, `zstd -d` and Codex take as they are.
   * Each is compared with the plain form in full before it takes its place. An append makes it plain again. Threads
   * that are in use are skipped, and nobody waits for it; a selection takes those that are not compressed yet.
   */
  async compressThreads(
    threads: readonly string[] | ThreadSelection,
    options: CompressOptions = {},
  ): Promise<CompressResult> {
    return compressThreads(this.writable, threads, options)
  }

  /**
   * A consistent copy in a folder that is new or empty, outside of the store. Writers go on, and deletes finish; what they
   * delete before the copy is sealed is not in it. Durable, with its signed manifest, when it resolves.
   */
  async backup(dir: string, options: BackupOptions = {}): Promise<BackupResult> {
    return makeBackup(this.writable, dir, options)
  }

  /** The backups that were made of this store, oldest first, those that were cut short included. */
  async listBackups(): Promise<readonly KnownBackup[]> {
    return knownBackups(this.context)
  }

  /** Call it when every copy of the backup is gone: receipts name it until then. @throws BACKUP_NOT_FOUND */
  async forgetBackup(backupId: string): Promise<void> {
    await forgetBackup(this.writable, backupId)
  }
}
