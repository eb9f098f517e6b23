// What is where in a backup. Rollouts lie as they do in a store; the rest has names of its own.

import { dateFolderOf, parseRolloutFileName, parseThreadId, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'

export const manifestName = 'manifest.json'
/** There while the backup is being made; whoever creates it owns the folder. */
export const unfinishedName = 'unfinished.json'
export const tombstonesName = 'tombstones'
/** Events up to the position at which the backup began, as rows of the store. */
export const eventsName = 'events.values'
/** Participants, schedules and known backups, as rows of the store. */
export const storeName = 'store.values'
export const receiptsFolder = 'receipts'
export const threadsFolder = 'threads'

/** Everything of a thread but its rollouts: the rows under `t/<id>/`, without that prefix. */
export const valuesPath = (id: ThreadId): string => `${threadsFolder}/${id}.values`

export const receiptPath = (receiptId: string): string => `${receiptsFolder}/${receiptId}.json`

/** Where a rollout of this plain name lies. @throws ARGUMENT_INVALID for a name that no rollout has */
export function rolloutPath(place: {
  readonly archived: boolean
  readonly fileName: string
}): string {
  const parsed = parseRolloutFileName(place.fileName)
  if (!parsed) throw new StoreError('ARGUMENT_INVALID', 'not the name of a rollout')
  return place.archived
    ? `archived_sessions/${place.fileName}`
    : `sessions/${dateFolderOf(parsed.localTime)}/${place.fileName}`
}

/** The thread whose values a file holds; undefined for any other file. */
export function threadOfValues(path: string): ThreadId | undefined {
  const found = /^threads\/([0-9a-f-]{36})\.values$/.exec(path)
  return found ? parseThreadId(found[1]!) : undefined
}

/** Whether a path is one that a backup has, and nothing that leads out of it. */
export function isBackupPath(path: string): boolean {
  if ([tombstonesName, eventsName, storeName].includes(path)) return true
  if (/^receipts\/[0-7][0-9A-HJKMNP-TV-Z]{25}\.json$/.test(path)) return true
  if (threadOfValues(path) !== undefined) return true
  const fileName = path.slice(path.lastIndexOf('/') + 1)
  if (!parseRolloutFileName(fileName)) return false
  return [true, false].some((archived) => rolloutPath({ archived, fileName }) === path)
}
