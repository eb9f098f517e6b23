// Who has the store open: `.cenotaph/owner.json`, for the detail of STORE_LOCKED and for people. It is
// advice, never the lock: LevelDB's LOCK is. Written once the lock is held, removed at close; a crash
// leaves it behind, and the next owner replaces it. Damage means that nobody is known, and no error.

import os from 'node:os'
import { type Disk, readWhole, replaceWhole, StoreError } from '@cenotaph/storage'
import type { RootLayout } from './layout.js'

export interface Owner {
  readonly pid: number
  readonly host: string
  /** Wall time, ISO 8601 in UTC. */
  readonly since: string
}

/** Durable when it resolves. */
export async function writeOwner(disk: Disk, path: string, owner: Owner): Promise<void> {
  const { pid, host, since } = owner
  await replaceWhole(disk, path, Buffer.from(`${JSON.stringify({ pid, host, since })}\n`))
}

/** Undefined where the file is missing or unreadable. May name the owner before this one for an instant. */
export async function readOwner(disk: Disk, path: string): Promise<Owner | undefined> {
  const bytes = await readWhole(disk, path)
  if (!bytes) return undefined
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return isOwner(value) ? { pid: value.pid, host: value.host, since: value.since } : undefined
  } catch {
    return undefined
  }
}

/**
 * For repair, which must work where LevelDB cannot be opened and so cannot lock. An owner on another host cannot be
 * asked, and counts as live. @throws STORE_LOCKED
 */
export async function refuseLiveOwner(disk: Disk, layout: RootLayout): Promise<void> {
  const owner = await readOwner(disk, layout.ownerPath)
  if (!owner || (owner.host === os.hostname() && !isAlive(owner.pid))) return
  throw new StoreError(
    'STORE_LOCKED',
    `the store is open in process ${owner.pid} on ${owner.host}`,
    {
      retryable: true,
      detail: { root: layout.root, ...owner },
    },
  )
}

/** Signal 0 asks only; a process that may not be signalled lives. */
function isAlive(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/** Not durable, on purpose: a file that comes back names an owner who is gone, as after a crash. */
export async function removeOwner(disk: Disk, path: string): Promise<void> {
  await disk.unlink(path)
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false
  const { pid, host, since } = value as Record<keyof Owner, unknown>
  return Number.isSafeInteger(pid) && typeof host === 'string' && typeof since === 'string'
}
