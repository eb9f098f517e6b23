// Index entries of a thread: keys alone, with empty values, so that nothing needs erasing but the entry.
// Keys hold ids, times and random handles only, because key bytes stay in LevelDB's MANIFEST and LOG.
//
//   x/s/<archived>/<c|u>/<ms>/<id>              by time of creation (c) or last activity (u)
//   x/d/<directory>/<archived>/<c|u>/<ms>/<id>  the same for one working directory
//   x/p/<parent id>/<id>                        spawned children of a thread
//   x/f/<base thread id>/<id>                   forks of a thread, by reference or by copy
//   x/r/<rollout id>/<id>                       owner of a rollout whose id is not its thread's
//   x/h/<id>                                    threads on hold

import { parseThreadId, type ThreadId } from '@cenotaph/rollout'
import { outsideBases, type ThreadRow } from './thread-row.js'

export type SortKey = 'created' | 'updated'

/** A time as it stands in the keys of an order. */
export const orderTime = (ms: number): string =>
  String(Math.max(0, Math.trunc(ms))).padStart(15, '0')

const flag = (archived: boolean): string => (archived ? '1' : '0')

/** The prefix under which threads lie in order of time. */
export function orderPrefix(options: {
  readonly archived: boolean
  readonly sort: SortKey
  readonly directory?: string | undefined
}): string {
  const place = options.directory === undefined ? 'x/s' : `x/d/${options.directory}`
  return `${place}/${flag(options.archived)}/${options.sort === 'created' ? 'c' : 'u'}/`
}

/** The part of an order key behind its prefix; two threads compare as these texts do. */
export const orderSuffix = (
  row: Pick<ThreadRow, 'threadId' | 'createdAt' | 'updatedAt'>,
  sort: SortKey,
): string => `${orderTime(sort === 'created' ? row.createdAt : row.updatedAt)}/${row.threadId}`

export const childrenPrefix = (parent: ThreadId): string => `x/p/${parent}/`
export const forksPrefix = (base: ThreadId): string => `x/f/${base}/`
export const ownersPrefix = (rolloutId: string): string => `x/r/${rolloutId}/`
export const holdsPrefix = 'x/h/'
export const directoryPrefix = (directory: string): string => `x/d/${directory}/`

/** The id that ends an index key. */
export const idOfKey = (key: string): ThreadId =>
  parseThreadId(key.slice(key.lastIndexOf('/') + 1)) as ThreadId

export function indexKeys(row: ThreadRow): string[] {
  const { threadId, archived, directory } = row
  const keys: string[] = []
  for (const sort of ['created', 'updated'] as const) {
    const suffix = orderSuffix(row, sort)
    keys.push(orderPrefix({ archived, sort }) + suffix)
    if (directory !== null) keys.push(orderPrefix({ archived, sort, directory }) + suffix)
  }
  if (row.parentThreadId) keys.push(childrenPrefix(row.parentThreadId) + threadId)
  // A fork's base may be a later rollout of a reverted thread; `forkedFromId` names the thread. Both are
  // written, so that the forks of a thread are found by its id and by the ids of its rollouts.
  const bases = new Set<string>(outsideBases(row))
  if (row.forkedFromId) bases.add(row.forkedFromId)
  for (const base of bases) keys.push(forksPrefix(base as ThreadId) + threadId)
  for (const { rolloutId } of row.rollouts) {
    if ((rolloutId as string) !== threadId) keys.push(ownersPrefix(rolloutId) + threadId)
  }
  if (row.hold) keys.push(holdsPrefix + threadId)
  return keys
}
