// Which threads of a backup come back into an empty root. The dead stay dead. A fork by reference that lives needs the
// lines of its base, though, even where the base died after the backup: such a base comes back as what it would be in
// the middle of its delete, dead and unreadable, and the delete goes on from there: it gives the forks their lines, then
// erases the base. Pure.

import type { ThreadId } from '@cenotaph/rollout'
import { outsideBases } from '../threads/thread-row.js'
import type { BackupThread, ReadableBackup } from './read-backup.js'

export interface RestorePlan {
  readonly living: readonly BackupThread[]
  /** Dead bases that living forks still need. */
  readonly dying: readonly BackupThread[]
  /** Living forks that refer to them, directly or not. */
  readonly detach: readonly ThreadId[]
  /** Dead threads of the backup, the dying ones included. */
  readonly dead: readonly ThreadId[]
  /** Forks whose base is not in the backup: their own lines come back. */
  readonly lostBases: readonly { readonly threadId: ThreadId; readonly base: string }[]
}

export function planRestore(
  { threads }: Pick<ReadableBackup, 'threads'>,
  isDead: (id: ThreadId) => boolean,
): RestorePlan {
  const owners = new Map<string, BackupThread>()
  for (const thread of threads.values()) {
    owners.set(thread.row.threadId, thread)
    for (const { rolloutId } of thread.row.rollouts) owners.set(rolloutId, thread)
  }
  const living = [...threads.values()].filter(({ row }) => !isDead(row.threadId))
  const dying = new Map<ThreadId, BackupThread>()
  const detach: ThreadId[] = []
  const lostBases: RestorePlan['lostBases'][number][] = []
  for (const fork of living) {
    let needs = false
    const seen = new Set<ThreadId>([fork.row.threadId])
    const queue = [...outsideBases(fork.row)]
    for (let base = queue.pop(); base !== undefined; base = queue.pop()) {
      const owner = owners.get(base)
      if (!owner) lostBases.push({ threadId: fork.row.threadId, base })
      if (!owner || seen.has(owner.row.threadId)) continue
      seen.add(owner.row.threadId)
      queue.push(...outsideBases(owner.row))
      if (!isDead(owner.row.threadId)) continue
      dying.set(owner.row.threadId, owner)
      needs = true
    }
    if (needs) detach.push(fork.row.threadId)
  }
  const dead = [...threads.keys()].filter(isDead)
  return { living, dying: [...dying.values()], detach, dead, lostBases }
}
