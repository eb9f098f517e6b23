// The database under the journal. Any abstract-level database with utf8 keys and byte values will do;
// openLevel opens the real one, after its files have been checked: LevelDB itself drops what follows a
// flipped bit of a log without a word, and deletes the log while it does so.

import path from 'node:path'
import { nodeDisk, StoreError, urgently } from '@cenotaph/storage'
import type { AbstractBatchOptions, AbstractLevel } from 'abstract-level'
import { ClassicLevel } from 'classic-level'
import { checkLevelFiles } from './level-check.js'
import { leaveFolder, takeFolder } from './open-folders.js'
import { finishOverwriting } from './overwriting.js'

/** UTF-8 keys, bytes as values. */
export type Level = AbstractLevel<string | Buffer | Uint8Array, string, Uint8Array>

export type LevelOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string }

/**
 * Opens LevelDB in `folder` (made with mode 0700 where it is missing). No compression: a byte scan must
 * be able to see what is stored. No cache of blocks: a compaction would write from it what was overwritten in a table;
 * and the tables are mapped into memory as they are.
 *
 * Errors: STORE_LOCKED (retryable) where another handle has it; LEVEL_DAMAGED where CURRENT, the
 * MANIFEST or a log is not sound, and then nothing has been changed; JOURNAL_GAP `{ reason:
 * 'level-missing' }` where there is no database and `createIfMissing` is false.
 */
export async function openLevel(
  folder: string,
  options: { readonly createIfMissing: boolean },
): Promise<ClassicLevel<string, Uint8Array>> {
  if ((await checkLevelFiles(nodeDisk, folder)) === 'missing') {
    if (!options.createIfMissing)
      throw new StoreError('JOURNAL_GAP', `there is no database in ${folder}`, {
        detail: { reason: 'level-missing', folder },
      })
    for (const made of await nodeDisk.makeFolder(folder))
      await nodeDisk.syncFolder(path.dirname(made))
  }
  const identity = (await nodeDisk.stat(folder))?.identity ?? folder
  if (!takeFolder(identity)) throw lockedError(folder, `this process has ${folder} open already`)
  const level = new ClassicLevel<string, Uint8Array>(folder, {
    compression: false,
    cacheSize: 0,
    createIfMissing: options.createIfMissing,
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  })
  try {
    await level.open()
    await finishOverwriting({ disk: nodeDisk, fail: (cause) => openError(cause, folder) }, folder)
    // It is also closed and opened in place; see reopenLevel.
    level.on('opening', () => takeFolder(identity))
    level.on('closed', () => leaveFolder(identity))
    return level
  } catch (error) {
    // A handle that failed to open still tries again by itself on later calls, unless it is closed.
    await level.close().catch(() => {})
    leaveFolder(identity)
    throw openError(error, folder)
  }
}

const encodings = { keyEncoding: 'utf8', valueEncoding: 'view' } as const

/** The only call that writes to the database. Durable when it resolves; long loops wait for it meanwhile. */
export function writeSynced(level: Level, operations: readonly LevelOperation[]): Promise<void> {
  const written = batchSynced(level, operations)
  // A simulated database may lose its power before it answers, and nobody may wait for it then.
  return level instanceof ClassicLevel ? urgently(written) : written
}

function batchSynced(level: Level, operations: readonly LevelOperation[]): Promise<void> {
  const options: AbstractBatchOptions<string, Uint8Array> & { sync: true } = {
    ...encodings,
    sync: true,
  }
  return level.batch([...operations], options)
}

/** In place: starts LOG and MANIFEST anew. */
export async function reopen(level: Level): Promise<void> {
  await level.close()
  await level.open({ createIfMissing: false })
}

function openError(error: unknown, folder: string): StoreError {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  const code = codeOf(cause)
  const options = { cause: error, detail: { folder } }
  if (code === 'LEVEL_LOCKED')
    return lockedError(folder, `another process has ${folder} open`, error)
  if (code === 'LEVEL_CORRUPTION')
    return new StoreError('LEVEL_DAMAGED', `LevelDB refuses ${folder}`, options)
  return new StoreError('DISK_ERROR', `LevelDB cannot open ${folder}`, options)
}

const lockedError = (folder: string, message: string, cause?: unknown): StoreError =>
  new StoreError('STORE_LOCKED', message, { cause, detail: { folder }, retryable: true })

/** Runs a read of the database; errors are STORE_CLOSED, LEVEL_DAMAGED or DISK_ERROR. */
export async function reading<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw readError(error)
  }
}

function readError(error: unknown): StoreError {
  const code = codeOf(error)
  if (code === 'LEVEL_DATABASE_NOT_OPEN' || code === 'LEVEL_ITERATOR_NOT_OPEN')
    return new StoreError('STORE_CLOSED', 'the store is closed', { cause: error })
  if (code === 'LEVEL_CORRUPTION')
    return new StoreError('LEVEL_DAMAGED', 'LevelDB found a damaged block', { cause: error })
  return new StoreError('DISK_ERROR', 'a read of the database failed', { cause: error })
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
