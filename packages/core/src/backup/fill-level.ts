// The LevelDB of a store that is restored into an empty root: the event log of the backup goes on in a new epoch, rows
// and values of the living come back, every set of the dead is known. Deletes without a receipt are left open, and the
// next open finishes them. Nothing opens this database before it is whole: see restore-root.ts.

import path from 'node:path'
import { type BatchOperation, Journal, type OperationId, type Sequence } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { carriedIndexPrefix } from '../append/carried.js'
import { EventLog } from '../events/event-log.js'
import { eventKey, leafBytes, nodeKey, type StoredEvent } from '../events/stored-event.js'
import { deleteSetKey } from '../lifecycle/delete.js'
import { encodeDeletePlan, unfinishedDelete } from '../lifecycle/delete-plan.js'
import type { ResolvedOptions } from '../options.js'
import { leafHash, listReceiptIds, MerkleLog, type SigningKey } from '../proof/index.js'
import type { RootLayout } from '../root/index.js'
import {
  decodeSchedule,
  encodeSchedule,
  remainderOf,
  schedulesPrefix,
} from '../schedule/schedules.js'
import { Directories } from '../threads/directories.js'
import { threadRange } from '../threads/thread-row.js'
import { rowOperations } from '../threads/thread-table.js'
import type { PrepareRecord } from '../tombstones/index.js'
import { eventsName, storeName, valuesPath } from './backup-paths.js'
import { type BackupRecord, backupsPrefix } from './backups.js'
import type { BackupThread, ReadableBackup } from './read-backup.js'
import { invalid } from './read-backup.js'
import type { RestorePlan } from './restore-plan.js'
import { isRestored } from './store-parts.js'
import { readValues } from './value-file.js'

const BATCH_OPERATIONS = 1_000
const BATCH_BYTES = 4 * 1024 * 1024

export interface FillParts {
  readonly options: ResolvedOptions
  readonly layout: RootLayout
  readonly backup: ReadableBackup
  readonly plan: RestorePlan
  readonly sets: readonly PrepareRecord[]
  readonly signingKey: SigningKey
  readonly manifestHash: string
}

/** Durable, with its anchor, when it resolves. @throws BACKUP_INVALID where the log is not the one of the manifest */
export async function fillLevel(parts: FillParts): Promise<void> {
  const { options, layout } = parts
  const { disk, clock, entropy } = options
  const { anchorPath, levelFolder } = layout
  const level = await options.levels.open(levelFolder, { createIfMissing: true })
  let journal: Journal | undefined
  try {
    journal = (await Journal.open({ level, disk, anchorPath, clock, entropy, fresh: true })).journal
    await fill(journal, parts)
  } finally {
    if (journal) await journal.close()
    else await level.close()
  }
  await disk.syncFolder(levelFolder)
}

async function fill(journal: Journal, parts: FillParts): Promise<void> {
  const { options } = parts
  const writer = new BatchWriter(journal)
  await fillEvents(writer, parts)
  await fillStoreValues(writer, parts)
  const directories = await Directories.load(journal, options.entropy)
  for (const thread of parts.plan.living) await fillThread(writer, directories, thread, parts)
  const handles: string[] = []
  for (const thread of parts.plan.dying) {
    handles.push(...(await fillRow(writer, directories, thread)))
  }
  for (const { operationId } of parts.sets) {
    await writer.put(deleteSetKey(operationId), new Uint8Array(0))
  }
  await writer.flush()
  await openDeletes(journal, parts, handles)
  await anchor(journal, parts)
}

/** Leaves as they were; the tree is computed from them, and must have the root that the manifest is signed with. */
async function fillEvents(
  writer: BatchWriter,
  { backup, options }: Pick<FillParts, 'backup' | 'options'>,
): Promise<void> {
  const { log } = backup.manifest
  const tree = await MerkleLog.load(0, async () => undefined)
  for await (const [key, body] of readValues(options.disk, path.join(backup.folder, eventsName))) {
    const position = tree.size
    if (key !== eventKey(position)) break
    const stored = JSON.parse(Buffer.from(body).toString()) as StoredEvent
    const { at, type, threadId, commitment } = stored
    const leaf = leafHash(leafBytes({ position, at, type, threadId, commitment }))
    await writer.put(key, body)
    for (const node of tree.append(leaf).nodes) {
      await writer.put(nodeKey(node.level, node.index), node.hash)
    }
  }
  await writer.flush()
  const rootHash = Buffer.from(tree.root()).toString('hex')
  if (tree.size === log.size && rootHash === log.rootHash) return
  throw invalid(backup.folder, [
    `${eventsName}: it is not the log that the manifest is signed with`,
  ])
}

async function fillStoreValues(
  writer: BatchWriter,
  { backup, options, plan, manifestHash }: FillParts,
): Promise<void> {
  const { manifest, folder } = backup
  const living = new Set(plan.living.map(({ row }) => row.threadId))
  const itself = `${backupsPrefix}${manifest.backupId}`
  for await (const [key, body] of readValues(options.disk, path.join(folder, storeName))) {
    if (key === itself || !isRestored(key)) continue
    const value = key.startsWith(schedulesPrefix) ? restoredSchedule(key, body, living) : body
    if (value) await writer.put(key, value)
  }
  const madeAtMs = Date.parse(manifest.madeAt)
  const record: BackupRecord = {
    path: folder,
    beganAtMs: madeAtMs,
    sealed: {
      atMs: madeAtMs,
      threads: manifest.threads,
      bytes: manifest.bytes,
      manifest: manifestHash,
    },
    complete: true,
  }
  await writer.put(itself, Buffer.from(JSON.stringify(record)))
}

/** A schedule without those that are not in the store; undefined where nobody is left. */
function restoredSchedule(
  key: string,
  body: Uint8Array,
  living: ReadonlySet<ThreadId>,
): Uint8Array | undefined {
  const schedule = decodeSchedule(key.slice(schedulesPrefix.length), body)
  const left = remainderOf(schedule, new Set(schedule.ids.filter((id) => !living.has(id))))
  return left && encodeSchedule(left)
}

async function fillThread(
  writer: BatchWriter,
  directories: Directories,
  thread: BackupThread,
  { backup, options }: FillParts,
): Promise<void> {
  const id = thread.row.threadId
  await fillRow(writer, directories, thread)
  const { from } = threadRange(id)
  for await (const [key, body] of readValues(
    options.disk,
    path.join(backup.folder, valuesPath(id)),
  )) {
    if (key === 'row') continue
    await writer.put(`${from}${key}`, body)
    if (key === 'carried') await writer.put(`${carriedIndexPrefix}${id}`, new Uint8Array(0))
  }
}

/** Returns the handles that the row has. */
async function fillRow(
  writer: BatchWriter,
  directories: Directories,
  { row }: BackupThread,
): Promise<string[]> {
  const placed = row.cwd === null ? undefined : directories.assign(row.cwd)
  // Handles of earlier directories mean nothing here.
  const { formerDirectories: _, ...rest } = row
  const final = { ...rest, directory: placed?.handle ?? null }
  for (const operation of [...rowOperations(undefined, final), ...(placed?.operations ?? [])]) {
    if (operation.type === 'put') await writer.put(operation.key, operation.body)
  }
  return placed ? [placed.handle] : []
}

/** The next open finishes these: forks get the lines of bases that died, and each delete gets its receipt. */
async function openDeletes(
  journal: Journal,
  { sets, plan, options, layout }: FillParts,
  directories: readonly string[],
): Promise<void> {
  const receipts = new Set(await listReceiptIds(options.disk, layout.receiptsFolder))
  const dying = new Set(plan.dying.map(({ row }) => row.threadId))
  for (const set of sets) {
    if (receipts.has(set.operationId)) continue
    const detaches = set.ids.some((id) => dying.has(id))
    const body = encodeDeletePlan({
      ...unfinishedDelete(set),
      // The first of these deletes that runs makes every fork independent of all that is dead.
      ...(detaches ? { forks: 'detach', detach: plan.detach, rewritten: forksOver(plan) } : {}),
      ...(detaches ? { directories } : {}),
    })
    await journal.intend('delete', () => ({ body, operations: [] }), set.operationId as OperationId)
  }
}

/** Detached forks, and forks of those: a first line of theirs may be rewritten. */
function forksOver({ living, detach }: RestorePlan): readonly ThreadId[] {
  const found = new Set<string>(detach)
  for (let before = -1; before !== found.size; ) {
    before = found.size
    for (const { row } of living) {
      const own = new Set<string>(row.rollouts.map(({ rolloutId }) => rolloutId))
      const refers = row.rollouts.some(
        ({ base }) => base && !own.has(base.thread_id) && found.has(base.thread_id),
      )
      if (refers) found.add(row.threadId)
    }
  }
  return [...found] as ThreadId[]
}

async function anchor(journal: Journal, parts: FillParts): Promise<void> {
  const { manifest } = parts.backup
  const events = await EventLog.load(journal, parts.options.entropy)
  const epoch = manifest.epoch + 1
  await journal.checkpoint(0 as Sequence, () => {
    const threads = parts.plan.living.length
    const planned = events.plan([
      {
        type: 'store.restored',
        threadId: null,
        payload: { backupId: manifest.backupId, threads, epoch },
      },
    ])
    return {
      operations: planned.operations,
      anchor: {
        storeId: manifest.storeId,
        epoch,
        logSize: planned.merkle.sizeAfter,
        rootHash: Buffer.from(planned.merkle.rootAfter).toString('hex'),
        keyFingerprint: parts.signingKey.fingerprint,
      },
      applied: () => planned.apply(),
    }
  })
}

/** Rows in batches: a synced write each would take hours for a large store. */
class BatchWriter {
  readonly #journal: Journal
  #operations: BatchOperation[] = []
  #bytes = 0

  constructor(journal: Journal) {
    this.#journal = journal
  }

  async put(key: string, body: Uint8Array): Promise<void> {
    this.#operations.push({ type: 'put', key, body })
    this.#bytes += body.length
    if (this.#operations.length >= BATCH_OPERATIONS || this.#bytes >= BATCH_BYTES) {
      await this.flush()
    }
  }

  async flush(): Promise<void> {
    const operations = this.#operations
    this.#operations = []
    this.#bytes = 0
    if (operations.length === 0) return
    await this.#journal.commit(() => ({ operations, applied: () => {} }))
  }
}
