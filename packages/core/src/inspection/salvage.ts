// What a database that is set aside can still tell: rows, because names live nowhere else, holds, by the row or by the
// index, the retention policy, which is only told of, and the sets of deletes that were open. Only values that still have their checksum count.

import path from 'node:path'
import { type OperationId, readIntent, salvageLevel, unseal } from '@cenotaph/journal'
import type { Disk } from '@cenotaph/storage'
import { backupsPrefix } from '../backup/backups.js'
import { isSetAsideLevel } from '../erasure/scrub.js'
import { decodeDeletePlan } from '../lifecycle/delete-plan.js'
import { participantsPrefix } from '../participants/registry.js'
import type { RetentionPolicy } from '../retention/policy.js'
import { decodePolicy, policyPrefix } from '../retention/stored-policy.js'
import type { RootLayout } from '../root/index.js'
import { schedulesPrefix } from '../schedule/schedules.js'
import { holdsPrefix, idOfKey } from '../threads/index-keys.js'
import { decodeRow, type ThreadRow } from '../threads/thread-row.js'
import { clockKey } from '../time/trusted-clock.js'
import type { PrepareRecord } from '../tombstones/index.js'
import { deadSet } from './dead-sets.js'

/** Rows that a rebuilt database takes over as they are. */
export const keptPrefixes: readonly string[] = [
  backupsPrefix,
  participantsPrefix,
  schedulesPrefix,
  clockKey,
]

export interface Salvaged {
  readonly rows: ReadonlyMap<string, ThreadRow>
  readonly openDeletes: readonly PrepareRecord[]
  /** Plans of redactions that were open, by operation id. */
  readonly openRedactions: ReadonlyMap<string, Uint8Array>
  /** Bodies of the rows under the kept prefixes; undefined for one that cannot be read. */
  readonly kept: ReadonlyMap<string, Uint8Array | undefined>
  /** Threads that the index has on hold, whether their rows could be read or not. */
  readonly heldIds: ReadonlySet<string>
  /** The newest policy that could be read; null where retention was off, or nothing tells. */
  readonly policy: RetentionPolicy | null
}

export async function salvage(layout: RootLayout, disk: Disk): Promise<Salvaged> {
  const rows = new Map<string, ThreadRow>()
  const openDeletes: PrepareRecord[] = []
  const openRedactions = new Map<string, Uint8Array>()
  const kept = new Map<string, Uint8Array | undefined>()
  const isKept = (key: string): boolean => keptPrefixes.some((prefix) => key.startsWith(prefix))
  const heldIds = new Set<string>()
  let newest = { key: '', policy: null as RetentionPolicy | null }
  const folder = await folderToAsk(layout, disk)
  const isWanted = (key: string): boolean =>
    isKept(key) ||
    key.startsWith('i/') ||
    key.startsWith(holdsPrefix) ||
    key.startsWith(policyPrefix) ||
    (key.startsWith('t/') && key.endsWith('/row'))
  for (const [key, value] of await salvageLevel(disk, folder, isWanted)) {
    const body = attempt(() => unseal(key, value))
    if (isKept(key)) kept.set(key, body)
    if (!body || isKept(key)) continue
    if (key.startsWith('i/')) {
      const set = attempt(() => openDelete(key.slice(2), body))
      if (set) openDeletes.push(set)
      const redaction = attempt(() => openRedaction(key.slice(2), body))
      if (redaction) openRedactions.set(key.slice(2), redaction)
    } else if (key.startsWith(holdsPrefix)) {
      heldIds.add(idOfKey(key))
    } else if (key.startsWith(policyPrefix)) {
      const stored = attempt(() => decodePolicy(body))
      if (stored && key > newest.key) newest = { key, policy: stored.policy }
    } else {
      const row = attempt(() => decodeRow(body))
      if (row) rows.set(row.threadId, row)
    }
  }
  return { rows, openDeletes, openRedactions, kept, heldIds, policy: newest.policy }
}

/** A repair that was cut short has set the database aside and put no other in its place: that one is asked again. */
export async function folderToAsk(layout: RootLayout, disk: Disk): Promise<string> {
  if (await disk.stat(path.join(layout.levelFolder, 'CURRENT'))) return layout.levelFolder
  const names = (await disk.list(layout.cenotaphFolder)) ?? []
  // Their names sort by time.
  const newest = names.findLast(({ name, kind }) => kind === 'folder' && isSetAsideLevel(name))
  return newest ? path.join(layout.cenotaphFolder, newest.name) : layout.levelFolder
}

function openDelete(id: string, body: Uint8Array): PrepareRecord | undefined {
  const intent = readIntent(id as OperationId, body)
  if (intent.kind !== 'delete') return undefined
  return deadSet(id, intent.at, decodeDeletePlan(intent.body).threadIds)
}

function openRedaction(id: string, body: Uint8Array): Uint8Array | undefined {
  const intent = readIntent(id as OperationId, body)
  return intent.kind === 'redact' ? intent.body : undefined
}

/** Undefined for what is damaged. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
