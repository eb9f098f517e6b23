// The backups that a store knows, and the ones that it is making. A record is `b/<backup id>`, made before the first
// byte is copied, so that whatever a crash leaves behind is known, too. All records are in memory: there are few.
//
// While a backup is being made, deaths and rewrites of threads that it has copied are noted here, in the turn in which
// they are committed: the backup takes them out, or copies them again, before it is sealed.

import type { BatchOperation, Journal } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { rowsUnder } from '../rows-under.js'

export const backupsPrefix = 'b/'

export interface BackupRecord {
  readonly path: string
  readonly beganAtMs: number
  /** Null until the backup is sealed: deaths before that are not in it. */
  readonly sealed: {
    readonly atMs: number
    readonly threads: number
    readonly bytes: number
    /** SHA-256 of the manifest file, hex. */
    readonly manifest: string
  } | null
  /** The manifest is in its place. */
  readonly complete: boolean
}

/** What has changed under a backup that is being made. */
export class Watch {
  /** Generation of each thread that was copied, or that is being copied. */
  readonly copied = new Map<ThreadId, number>()
  readonly #stale = new Set<ThreadId>()

  note(id: ThreadId, generation: number | undefined): void {
    const known = this.copied.get(id)
    if (known !== undefined && known !== generation) this.#stale.add(id)
  }

  get isStale(): boolean {
    return this.#stale.size > 0
  }

  /** What has to be looked at again; from here on it counts as looked at. */
  take(): readonly ThreadId[] {
    const ids = [...this.#stale]
    this.#stale.clear()
    return ids
  }
}

/** What held a record: its path may begin with the directory of a thread, so a dropped one is erased. */
export const backupRange = (backupId: string): { from: string; to: string } => ({
  from: `${backupsPrefix}${backupId}`,
  to: `${backupsPrefix}${backupId}0`,
})

export class Backups {
  readonly #records = new Map<string, BackupRecord>()
  readonly #watches = new Map<string, Watch>()

  static async load(journal: Journal): Promise<Backups> {
    const backups = new Backups()
    for await (const [key, body] of rowsUnder(journal, backupsPrefix)) {
      backups.#records.set(key.slice(backupsPrefix.length), decodeBackup(body))
    }
    return backups
  }

  get(backupId: string): BackupRecord | undefined {
    return this.#records.get(backupId)
  }

  /** Oldest first. */
  all(): readonly (readonly [backupId: string, record: BackupRecord])[] {
    return [...this.#records].sort(([, a], [, b]) => a.beganAtMs - b.beganAtMs)
  }

  isMaking(backupId: string): boolean {
    return this.#watches.has(backupId)
  }

  watch(backupId: string): Watch {
    const watch = new Watch()
    this.#watches.set(backupId, watch)
    return watch
  }

  unwatch(backupId: string): void {
    this.#watches.delete(backupId)
  }

  /**
   * Called in the turn in which a row is committed. No generation for a thread that died, or that lost a value for good:
   * it is looked at again in any case.
   */
  note(id: ThreadId, generation?: number): void {
    for (const watch of this.#watches.values()) watch.note(id, generation)
  }

  /** As {@link note}, of threads that died together. */
  noteAll(ids: readonly ThreadId[]): void {
    if (this.#watches.size > 0) for (const id of ids) this.note(id)
  }

  put(
    backupId: string,
    record: BackupRecord,
  ): { operations: BatchOperation[]; applied: () => void } {
    const key = `${backupsPrefix}${backupId}`
    return {
      operations: [{ type: 'put', key, body: Buffer.from(JSON.stringify(record)) }],
      applied: () => {
        this.#records.set(backupId, record)
      },
    }
  }

  drop(backupId: string): { operations: BatchOperation[]; applied: () => void } {
    return {
      operations: [{ type: 'del', key: `${backupsPrefix}${backupId}` }],
      applied: () => {
        this.#records.delete(backupId)
      },
    }
  }
}

export const decodeBackup = (body: Uint8Array): BackupRecord =>
  JSON.parse(Buffer.from(body).toString()) as BackupRecord
