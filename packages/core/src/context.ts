// Everything that an open store is made of, handed to every operation. Built by recovery/open-context.ts.

import type { Journal, OperationId } from '@cenotaph/journal'
import type { Clock, Disk, Entropy } from '@cenotaph/storage'
import type { AppendQueue } from './append/append-queue.js'
import type { Checkpoints } from './append/checkpoint.js'
import type { RolloutWriters } from './append/rollout-writers.js'
import type { Backups } from './backup/backups.js'
import type { Deletions } from './erasure/deletions.js'
import type { EventLog } from './events/event-log.js'
import type { ResidueSearches } from './inspection/residue-searches.js'
import type { OpenOperations } from './lifecycle/open-operations.js'
import type { ResolvedOptions } from './options.js'
import type { Participants } from './participants/registry.js'
import type { SigningKey } from './proof/index.js'
import type { PageCache } from './reading/page-cache.js'
import type { Replacements } from './reading/replacements.js'
import type { Redactions } from './redaction/redactions.js'
import type { Ballast, RootLayout } from './root/index.js'
import type { DueDeletions } from './schedule/due-deletions.js'
import type { Schedules } from './schedule/schedules.js'
import type { Directories } from './threads/directories.js'
import type { LockTable } from './threads/lock-table.js'
import type { ThreadTable } from './threads/thread-table.js'
import type { TrustedClock } from './time/trusted-clock.js'
import type { DeadSet, TombstoneFile } from './tombstones/index.js'

export interface StoreContext {
  readonly layout: RootLayout
  readonly options: ResolvedOptions
  /** Latches STORE_FAILED on the first failed write or fsync of a rollout or folder. */
  readonly disk: Disk
  readonly clock: Clock
  readonly entropy: Entropy
  readonly journal: Journal
  readonly locks: LockTable
  readonly threads: ThreadTable
  readonly directories: Directories
  readonly events: EventLog
  readonly dead: DeadSet
  /** Deletions that wait for their date. */
  readonly schedules: Schedules
  /** Deletes them when it has come. */
  readonly dueDeletions: DueDeletions
  /** Searches all files for residue once a week. */
  readonly residueSearches: ResidueSearches
  /** Time that due dates and ages are judged by. */
  readonly trustedClock: TrustedClock
  readonly tombstones: TombstoneFile
  readonly signingKey: SigningKey
  readonly appends: AppendQueue
  readonly checkpoints: Checkpoints
  readonly writers: RolloutWriters
  readonly openOperations: OpenOperations
  readonly deletions: Deletions
  readonly backups: Backups
  readonly participants: Participants
  readonly redactions: Redactions
  readonly replacements: Replacements
  /** Lists that were asked for last. */
  readonly pages: PageCache
  readonly ballast: Ballast
  readonly identity: StoreIdentity
  /** Aborted when the store closes. */
  readonly closing: AbortSignal
  /** Plans the next try of an open operation whose step failed. */
  scheduleRetry(operationId: OperationId): void
  /** Tells the test seam that a named instant is reached. */
  crashPoint(name: string): Promise<void>
}

export interface StoreIdentity {
  readonly storeId: string
  /** Raised by repair: positions of different epochs are not compared. */
  readonly epoch: number
}
