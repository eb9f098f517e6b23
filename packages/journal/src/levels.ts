// Where a store's database is. Real ones are LevelDB in a folder; `memoryLevels` keeps databases in memory, with
// nothing on any disk: what the other side promises about files holds there because there are none.

import path from 'node:path'
import type { Disk } from '@cenotaph/storage'
import { StoreError } from '@cenotaph/storage'
import { type Level, openLevel, writeSynced } from './level.js'
import { checkLevelFiles, type LevelCheckOptions } from './level-check.js'

export interface Levels {
  /** Whether a database was ever completed in this folder. */
  isThere(disk: Disk, folder: string): Promise<boolean>
  /** Checks what can be checked before it is opened. @throws LEVEL_DAMAGED, STORE_LOCKED */
  check(disk: Disk, folder: string, options?: LevelCheckOptions): Promise<void>
  /** @throws STORE_LOCKED, LEVEL_DAMAGED, JOURNAL_GAP where there is none and it may not be made */
  open(folder: string, options: { readonly createIfMissing: boolean }): Promise<Level>
  /** Overwrites and forgets what is in memory; every database must be closed. */
  forget?(): Promise<void>
}

export const fileLevels: Levels = {
  isThere: async (disk, folder) => (await disk.stat(path.join(folder, 'CURRENT'))) !== undefined,
  check: async (disk, folder, options) => {
    await checkLevelFiles(disk, folder, options)
  },
  open: openLevel,
}

/** Databases that live as long as this value: closed and opened again, one holds what it held. */
export function memoryLevels(): Levels {
  const levels = new Map<string, Level>()
  return {
    isThere: async (_disk, folder) => levels.has(folder),
    check: async () => {},

    async open(folder, { createIfMissing }) {
      const { MemoryLevel } = await import('memory-level')
      const present = levels.get(folder)
      if (!present && !createIfMissing) {
        throw new StoreError('JOURNAL_GAP', `there is no database in ${folder}`, {
          detail: { reason: 'level-missing', folder },
        })
      }
      if (present && present.status !== 'closed') {
        throw new StoreError('STORE_LOCKED', `${folder} is open already`, {
          detail: { folder },
          retryable: true,
        })
      }
      const level: Level =
        present ??
        new MemoryLevel<string, Uint8Array>({
          keyEncoding: 'utf8',
          valueEncoding: 'view',
          storeEncoding: 'view',
        })
      await level.open()
      levels.set(folder, level)
      return level
    },

    async forget() {
      for (const level of levels.values()) {
        await level.open()
        for await (const [key, value] of level.iterator()) {
          value.fill(0)
          await writeSynced(level, [{ type: 'del', key }])
        }
        await level.close()
      }
      levels.clear()
    },
  }
}

/** Where nothing is on a disk, a key that is deleted has left nothing behind. */
export const leavesNoBytes = (level: Level): boolean =>
  level.supports.permanence === false && !('compactRange' in level)
