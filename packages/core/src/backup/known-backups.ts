// The backups that a store made, for people and for receipts. The store remembers them until it is told to forget: it
// cannot see whether a copy was moved, copied again or thrown away.

import { StoreError } from '@cenotaph/storage'
import { checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { backupRange } from './backups.js'

export interface KnownBackup {
  readonly backupId: string
  /** Where it was made. */
  readonly path: string
  /** `unfinished`: it was cut short, and what lies there is no backup, but may hold text of threads. */
  readonly state: 'making' | 'complete' | 'unfinished'
  /** When it was sealed, or begun where it was not. ISO 8601 UTC, store time. */
  readonly madeAt: string
  readonly threads: number | null
  readonly bytes: number | null
  /** SHA-256 of its manifest, hex. */
  readonly manifest: string | null
}

/** Receipts name so many backups one by one. */
const NAMED_MAX = 20

/** Oldest first. */
export function knownBackups({ backups }: StoreContext): KnownBackup[] {
  return backups.all().map(([backupId, { path, beganAtMs, sealed, complete }]) => ({
    backupId,
    path,
    state: complete ? 'complete' : backups.isMaking(backupId) ? 'making' : 'unfinished',
    madeAt: new Date(sealed?.atMs ?? beganAtMs).toISOString(),
    threads: sealed?.threads ?? null,
    bytes: sealed?.bytes ?? null,
    manifest: sealed?.manifest ?? null,
  }))
}

/** Takes a backup out of what the store knows; its files are the caller's. @throws BACKUP_NOT_FOUND, ARGUMENT_INVALID */
export async function forgetBackup(context: StoreContext, backupId: string): Promise<void> {
  checkText(backupId, 'the id of a backup')
  await context.journal.commit(() => {
    if (!context.backups.get(backupId)) {
      throw new StoreError('BACKUP_NOT_FOUND', `the store knows no backup ${backupId}`, {
        detail: { backupId },
      })
    }
    if (context.backups.isMaking(backupId)) {
      throw new StoreError('ARGUMENT_INVALID', 'this backup is being made', {
        detail: { backupId },
      })
    }
    const { operations, applied } = context.backups.drop(backupId)
    const events = context.events.plan([
      { type: 'backup.forgotten', threadId: null, payload: { backupId } },
    ])
    return {
      operations: [...operations, ...events.operations],
      applied: () => {
        events.apply()
        applied()
      },
    }
  })
  await context.journal.eraseRanges([backupRange(backupId)])
}

/**
 * What a receipt says about backups. Which threads one holds is not remembered, so each that was sealed by then may hold
 * the deleted ones. One that is under way leaves them out before it is sealed; if it is cut short first, its folder may
 * hold them. Their paths are the host's own and stay out of the receipt.
 */
export function backupsOutOfReach(context: StoreContext): string[] {
  const known = knownBackups(context).reverse()
  const lines = known
    .slice(0, NAMED_MAX)
    .map(({ backupId, madeAt, state }) =>
      state === 'complete'
        ? `backup ${backupId} of ${madeAt}`
        : `backup ${backupId}, begun and not known to be finished, of ${madeAt}`,
    )
  const older = known.length - lines.length
  return older > 0 ? [...lines, `${older} older backups that the store knows`] : lines
}
