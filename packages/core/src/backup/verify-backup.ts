// Verifies a backup where it lies, without a store: its signature and the checksum of every file.

import { type Disk, isStoreError, nodeDisk } from '@cenotaph/storage'
import { checkOptions, checkText } from '../check-options.js'
import { readBackup } from './read-backup.js'

export interface BackupVerdict {
  readonly ok: boolean
  readonly problems: readonly string[]
  readonly trust: 'pinned' | 'embedded'
  /** Null where it is not whole. */
  readonly backupId: string | null
  readonly madeAt: string | null
  readonly threads: number | null
  readonly bytes: number | null
}

export interface VerifyBackupOptions {
  /** The key that must have signed it: raw ed25519, base64. */
  readonly publicKey?: string
  readonly disk?: Disk
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

/** Reads the whole backup and changes nothing. */
export async function verifyBackup(
  dir: string,
  options: VerifyBackupOptions = {},
): Promise<BackupVerdict> {
  checkText(dir, 'the folder of the backup')
  checkOptions(options, { publicKey: 'text', onProgress: 'function', signal: 'object' })
  const { disk = nodeDisk, ...reading } = options
  const trust = options.publicKey === undefined ? 'embedded' : 'pinned'
  try {
    const { backupId, madeAt, threads, bytes } = (await readBackup(disk, dir, reading)).manifest
    return { ok: true, problems: [], trust, backupId, madeAt, threads, bytes }
  } catch (error) {
    if (!isStoreError(error, 'BACKUP_INVALID')) throw error
    const problems = error.detail.problems as readonly string[]
    return { ok: false, problems, trust, backupId: null, madeAt: null, threads: null, bytes: null }
  }
}
