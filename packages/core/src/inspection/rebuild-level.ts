// Rebuilds `level/` from rollouts, tombstones and receipts, when it is missing, damaged or older than its anchor. The
// new database is made beside the old one, whole and with its anchor, and only then gets its name: a crash in the
// middle leaves a store that still refuses to open, and the next repair begins anew.

import path from 'node:path'
import { Journal, type OperationId, openLevel, type Sequence } from '@cenotaph/journal'
import {
  openRolloutSource,
  parseRolloutFileName,
  type RolloutFileName,
  type RolloutSource,
  type RolloutSummary,
  summarise,
  type ThreadId,
} from '@cenotaph/rollout'
import type { Disk } from '@cenotaph/storage'
import { EventLog } from '../events/event-log.js'
import { deleteSetKey } from '../lifecycle/delete.js'
import { encodeDeletePlan, unfinishedDelete } from '../lifecycle/delete-plan.js'
import type { ResolvedOptions } from '../options.js'
import type { SigningKey } from '../proof/index.js'
import type { Redactions } from '../redaction/redactions.js'
import type { RootLayout } from '../root/index.js'
import { Directories } from '../threads/directories.js'
import { type RolloutReading, rolloutRow, rowOf } from '../threads/new-row.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { rowOperations } from '../threads/thread-table.js'
import type { PrepareRecord } from '../tombstones/index.js'
import type { RepairCrashPoint } from './repair-crash-points.js'

export const HOLD_REASON_LOST = 'the reason was lost; a repair found the hold'

export interface FoundThread {
  readonly threadId: ThreadId
  readonly archived: boolean
  readonly readings: readonly RolloutReading[]
}

/** Every living thread that has a rollout. Rollouts of the dead are unlinked on the way. */
export async function readRollouts(
  disk: Disk,
  layout: RootLayout,
  isDead: (id: ThreadId) => boolean,
  { dryRun, redactions }: { readonly dryRun: boolean; readonly redactions: Redactions },
): Promise<{ threads: readonly FoundThread[]; unlinked: number; unreadable: readonly string[] }> {
  const threads = new Map<ThreadId, { archived: boolean; readings: RolloutReading[] }>()
  const unreadable: string[] = []
  let unlinked = 0
  const visit = async (folder: string, archived: boolean): Promise<void> => {
    const entries = (await disk.list(folder)) ?? []
    const names = new Set(entries.map((entry) => entry.name))
    for (const { name, kind } of entries) {
      const full = path.join(folder, name)
      if (kind === 'folder') {
        await visit(full, archived)
        continue
      }
      const parsed = parseRolloutFileName(name)
      if (!parsed) continue
      if (isDead(parsed.threadId)) {
        if (!dryRun && (await disk.unlink(full))) await disk.syncFolder(folder)
        unlinked += 1
        continue
      }
      if (parsed.compressed && names.has(parsed.plainName)) continue
      const source = await openRolloutSource(disk, full)
      if (!source) continue
      try {
        const { threadId, rolloutId, plainName, compressed } = parsed
        const summary = await summariseMasked(source, redactions, parsed)
        const found = threads.get(threadId) ?? { archived, readings: [] }
        if (found.readings.some((reading) => reading.rolloutId === rolloutId)) unreadable.push(full)
        else found.readings.push({ rolloutId, fileName: plainName, compressed, summary })
        threads.set(threadId, found)
      } catch {
        unreadable.push(full)
      } finally {
        await source.close()
      }
    }
  }
  await visit(layout.sessionsFolder, false)
  await visit(layout.archivedFolder, true)
  return {
    threads: [...threads].map(([threadId, { archived, readings }]) => ({
      threadId,
      archived,
      readings: readings.sort((a, b) => (a.fileName < b.fileName ? -1 : 1)),
    })),
    unlinked,
    unreadable,
  }
}

/** Without what an open redaction hides: the file may not be rewritten yet, and its preview would tell. */
async function summariseMasked(
  source: RolloutSource,
  redactions: Redactions,
  { threadId, rolloutId, plainName: fileName, compressed }: RolloutFileName,
): Promise<RolloutSummary> {
  const options = { expectedThreadId: threadId }
  const summary = await summarise(source, options)
  if (!redactions.concerns(rolloutId)) return summary
  const row = rolloutRow({ rolloutId, fileName, compressed, summary })
  return summarise(await redactions.masked(row, source), options)
}

export interface RebuildParts {
  readonly options: ResolvedOptions
  readonly layout: RootLayout
  readonly threads: readonly FoundThread[]
  /** What could be salvaged from the damaged database. */
  readonly salvaged: ReadonlyMap<string, ThreadRow>
  /** Threads that were on hold, whether their rows could be read or not. */
  readonly heldIds: ReadonlySet<string>
  /** Rows that are taken over as they are. */
  readonly kept: ReadonlyMap<string, Uint8Array>
  /** Writes what could be salvaged of attachments. */
  readonly bringBackAttachments: (journal: Journal) => Promise<void>
  readonly deletedSets: readonly PrepareRecord[]
  /** Plans of redactions that may be open still. */
  readonly openRedactions: ReadonlyMap<string, Uint8Array>
  /** Operations that have a receipt. */
  readonly receiptIds: ReadonlySet<string>
  readonly signingKey: SigningKey
  readonly reached: (point: RepairCrashPoint) => Promise<void>
  readonly storeId: string
  readonly epoch: number
}

/** Makes the new database and puts it in place. Durable when it resolves. */
export async function rebuildLevel(parts: RebuildParts): Promise<void> {
  const { layout, options } = parts
  const { disk } = options
  const folder = path.join(layout.cenotaphFolder, 'level.rebuilt')
  const anchorPath = path.join(layout.cenotaphFolder, 'anchor.rebuilt.json')
  await removeFolderWhole(disk, folder)
  await disk.unlink(anchorPath)
  await disk.makeFolder(folder)
  await disk.syncFolder(layout.cenotaphFolder)
  const level = await openLevel(folder, { createIfMissing: true })
  const { clock, entropy } = options
  const { journal } = await Journal.open({ level, disk, anchorPath, clock, entropy, fresh: true })
  try {
    await fill(journal, parts)
  } finally {
    await journal.close()
  }
  await disk.syncFolder(folder)
  await parts.reached('repair.fill:after')
  await disk.rename(anchorPath, layout.anchorPath)
  await disk.syncFolder(layout.cenotaphFolder)
  await parts.reached('repair.anchor:after')
  await disk.rename(folder, layout.levelFolder)
  await disk.syncFolder(layout.cenotaphFolder)
  await parts.reached('repair.publish:after')
}

async function fill(journal: Journal, parts: RebuildParts): Promise<void> {
  const { options, signingKey, storeId, epoch } = parts
  const events = await EventLog.load(journal, options.entropy)
  const directories = await Directories.load(journal, options.entropy)
  for (const thread of parts.threads) {
    await journal.commit(() => {
      const row = rebuiltRow(thread, parts, journal.storeTimeMs())
      const placed = row.cwd === null ? undefined : directories.assign(row.cwd)
      const final = { ...row, directory: placed?.handle ?? null }
      const planned = events.plan([
        { type: 'thread.rebuilt', threadId: thread.threadId, payload: { name: row.name } },
      ])
      return {
        operations: [
          ...rowOperations(undefined, final),
          ...(placed?.operations ?? []),
          ...planned.operations,
        ],
        applied: () => planned.apply(),
      }
    })
  }
  await parts.bringBackAttachments(journal)
  for (const [key, body] of parts.kept) {
    await journal.commit(() => ({ operations: [{ type: 'put', key, body }] }))
  }
  for (const { operationId } of parts.deletedSets) {
    const key = deleteSetKey(operationId)
    await journal.commit(() => ({ operations: [{ type: 'put', key, body: new Uint8Array(0) }] }))
  }
  for (const set of parts.deletedSets) {
    if (parts.receiptIds.has(set.operationId)) continue
    // The delete was cut short: the next open finishes it, the folder that is set aside included.
    const body = encodeDeletePlan(unfinishedDelete(set))
    const id = set.operationId as OperationId
    await journal.intend('delete', () => ({ body, operations: [] }), id)
  }
  for (const [id, body] of parts.openRedactions) {
    if (parts.receiptIds.has(id)) continue
    await journal.intend('redact', () => ({ body, operations: [] }), id as OperationId)
  }
  await journal.checkpoint(0 as Sequence, () => {
    const planned = events.plan([
      { type: 'store.repaired', threadId: null, payload: { threads: parts.threads.length, epoch } },
    ])
    return {
      operations: planned.operations,
      anchor: {
        storeId,
        epoch,
        logSize: planned.merkle.sizeAfter,
        rootHash: Buffer.from(planned.merkle.rootAfter).toString('hex'),
        keyFingerprint: signingKey.fingerprint,
      },
      applied: () => planned.apply(),
    }
  })
}

function rebuiltRow(
  { threadId, archived, readings }: FoundThread,
  parts: RebuildParts,
  nowMs: number,
): ThreadRow {
  const salvaged = parts.salvaged.get(threadId)
  // A hold that lost its reason is a hold: somebody has to look before anything is deleted.
  const nameless = parts.heldIds.has(threadId)
    ? { reason: HOLD_REASON_LOST, atMs: nowMs }
    : undefined
  const hold = salvaged?.hold ?? nameless
  return rowOf(
    {
      threadId,
      name: salvaged?.name ?? null,
      archived,
      archivedAt: archived ? (salvaged?.archivedAt ?? nowMs) : null,
      generation: (salvaged?.generation ?? 0) + 1,
      kept: { ...(hold ? { hold } : {}), ...(salvaged?.pinned ? { pinned: true } : {}) },
      fallbackTimeMs: nowMs,
    },
    readings,
  )
}

export async function removeFolderWhole(disk: Disk, folder: string): Promise<void> {
  for (const { name } of (await disk.list(folder)) ?? []) await disk.unlink(path.join(folder, name))
  await disk.removeFolder(folder)
}
