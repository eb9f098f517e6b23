// Repair: what `open` refuses, mended as far as the files allow, with everything named that could not be brought back.
// A store that opens is repaired too: lines that another program wrote are adopted.

import path from 'node:path'
import { type Journal, readAnchor } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { namesOf } from '../erasure/names-on-disk.js'
import { isSetAsideLevel, setAsideLevelName } from '../erasure/scrub.js'
import { uniqueName } from '../files/unique-name.js'
import { type ResolvedOptions, resolveOptions, type ThreadStoreOptions } from '../options.js'
import {
  createSigningKey,
  listReceiptIds,
  loadSigningKey,
  type SigningKey,
} from '../proof/index.js'
import { closeContext } from '../recovery/close-context.js'
import { openContext } from '../recovery/open-context.js'
import { Redactions } from '../redaction/redactions.js'
import type { RetentionPolicy } from '../retention/policy.js'
import { prepareRoot, type RootLayout, refuseLiveOwner, rootLayout } from '../root/index.js'
import { schedulesPrefix } from '../schedule/schedules.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { adoptTails } from './adopt-tails.js'
import { readDeadSets } from './dead-sets.js'
import { type FoundThread, readRollouts, rebuildLevel } from './rebuild-level.js'
import type { RepairCrashPoint } from './repair-crash-points.js'
import { folderToAsk, salvage } from './salvage.js'
import { bringBackAttachments, findAttachments } from './salvage-attachments.js'

export interface Lost {
  readonly what: string
  readonly threadId: ThreadId | null
  readonly detail: string
}

export interface RepairReport {
  /** Threads whose rows were rebuilt from their rollouts. */
  readonly rebuilt: readonly ThreadId[]
  /** Threads that got lines which another program had written. */
  readonly adopted: readonly { readonly threadId: ThreadId; readonly items: number }[]
  readonly lost: readonly Lost[]
  /** Damaged folders and files that were set aside; the next delete removes them. */
  readonly setAside: readonly string[]
}

export interface RepairOptions {
  /** Tells what would be done. A store that can be opened is opened, which finishes what it has promised before. */
  readonly dryRun?: boolean
}

const mendable = ['JOURNAL_GAP', 'LEVEL_DAMAGED', 'TOMBSTONES_DAMAGED', 'KEY_MISMATCH'] as const

/** @throws ARGUMENT_INVALID, STORE_LOCKED, STORE_FORMAT_NEWER, and what the disk throws */
export async function repairStore(
  root: string,
  storeOptions: ThreadStoreOptions = {},
  { dryRun = false }: RepairOptions = {},
): Promise<RepairReport> {
  const options = resolveOptions(storeOptions)
  if (options.ephemeral)
    throw new StoreError('ARGUMENT_INVALID', 'a store in memory is never repaired')
  const nothing: RepairReport = { rebuilt: [], adopted: [], lost: [], setAside: [] }
  // What is not there needs no repair, and a dry run makes nothing.
  if (dryRun && !(await options.disk.stat(rootLayout(root).cenotaphFolder))) return nothing
  const report = (await rebuildIfRefused(root, options, dryRun)) ?? nothing
  if (dryRun && report !== nothing) return report
  const store = await openContext(root, options)
  try {
    const tails = await adoptTails(store.context, { dryRun })
    if (!dryRun) await unlinkFilesOfTheDead(store.context)
    const quarantined = tails
      .filter((tail) => tail.quarantinedBytes > 0)
      .map(({ threadId, quarantinedBytes }) => ({
        what: 'uncommitted-tail',
        threadId,
        detail: `${quarantinedBytes} bytes are in quarantine`,
      }))
    const changed = tails
      .filter((tail) => tail.changedRollouts > 0)
      .map(({ threadId }) => ({
        what: 'rollout-bytes',
        threadId,
        detail: 'committed bytes have changed; the thread has them as they are now',
      }))
    return {
      ...report,
      adopted: tails
        .filter((tail) => tail.adoptedItems > 0 || tail.quarantinedBytes > 0)
        .map(({ threadId, adoptedItems }) => ({ threadId, items: adoptedItems })),
      lost: [...report.lost, ...quarantined, ...changed],
    }
  } finally {
    await closeContext(store)
  }
}

/** A rollout of the dead can come back with a copy or a restored folder. A delete that is still open unlinks its own. */
async function unlinkFilesOfTheDead(context: StoreContext): Promise<void> {
  const isDead = (id: ThreadId): boolean => {
    const receiptId = context.dead.receiptOf(id)
    return receiptId !== undefined && !context.openOperations.get(receiptId)
  }
  for (const { owner, path: file } of await namesOf(context, isDead)) {
    if (owner === undefined) continue
    await context.disk.unlink(file)
    await context.disk.syncFolder(path.dirname(file))
    await context.crashPoint('repair.sweep:after' satisfies RepairCrashPoint)
  }
}

/** A dry run does nothing at which it could be cut short. */
const reachedIn =
  ({ crashPoint }: ResolvedOptions, dryRun: boolean) =>
  async (point: RepairCrashPoint): Promise<void> => {
    if (!dryRun) await crashPoint(point)
  }

async function rebuildIfRefused(
  root: string,
  options: ResolvedOptions,
  dryRun: boolean,
): Promise<RepairReport | undefined> {
  try {
    await closeContext(await openContext(root, options))
    return undefined
  } catch (error) {
    if (!isStoreError(error) || !mendable.some((code) => code === error.code)) throw error
    // A damaged database is refused before its lock is asked for, so the owner file must say that nobody is there.
    await refuseLiveOwner(options.disk, rootLayout(root))
    return rebuild(rootLayout(root), options, dryRun, `${error.code}: ${error.message}`)
  }
}

async function rebuild(
  layout: RootLayout,
  options: ResolvedOptions,
  dryRun: boolean,
  cause: string,
): Promise<RepairReport> {
  const { disk } = options
  await prepareRoot(disk, layout)
  const lost: Lost[] = [
    { what: 'event-log', threadId: null, detail: `a new epoch begins (${cause})` },
  ]
  const anchor = await readAnchor(disk, layout.anchorPath).catch(() => undefined)
  const found = await salvage(layout, disk)
  const { rows: salvaged, openDeletes, kept, heldIds, policy } = found
  const reached = reachedIn(options, dryRun)
  const sets = await readDeadSets({ options, layout, open: openDeletes, dryRun, lost })
  await reached('repair.tombstones:after')
  const dead = new Set<string>(sets.flatMap((set) => set.ids))
  const redactions = new Redactions(options.maxLineBytes)
  redactions.hideOpen([...found.openRedactions.values()].map((body) => ({ kind: 'redact', body })))
  const { threads, unreadable } = await readRollouts(disk, layout, (id) => dead.has(id), {
    dryRun,
    redactions,
  })
  await reached('repair.unlink:after')
  for (const file of unreadable) {
    lost.push({ what: 'rollout', threadId: null, detail: `${path.basename(file)} cannot be read` })
  }
  lost.push(
    ...lostThreads(threads, salvaged, dead),
    ...lostCare(threads, salvaged, heldIds, policy),
  )
  for (const [key, body] of kept) {
    const detail = key.startsWith(schedulesPrefix)
      ? `the scheduled deletion ${key} cannot be read: its threads are active again`
      : `the row ${key} cannot be read`
    if (!body) lost.push({ what: 'row', threadId: null, detail })
  }
  const rebuilt = threads.map((thread) => thread.threadId)
  const { entropy } = options
  const attachments = await findAttachments(disk, await folderToAsk(layout, disk), rebuilt, lost)
  const bringBack = async (journal?: Journal): Promise<void> =>
    bringBackAttachments(
      attachments,
      { disk, entropy, folder: await folderToAsk(layout, disk) },
      lost,
      journal,
    )
  if (dryRun) await bringBack()
  if (dryRun) return { rebuilt, adopted: [], lost, setAside: [] }
  const setAside = await setLevelAside(options, layout)
  await reached('repair.aside:after')
  const signingKey = await keyFor(options, layout, anchor?.keyFingerprint, lost)
  await reached('repair.key:after')
  await rebuildLevel({
    options,
    layout,
    threads,
    salvaged,
    heldIds,
    kept: readable(kept),
    bringBackAttachments: bringBack,
    deletedSets: sets,
    openRedactions: found.openRedactions,
    receiptIds: new Set(await listReceiptIds(disk, layout.receiptsFolder)),
    signingKey,
    reached,
    storeId: anchor?.storeId ?? Buffer.from(options.entropy.bytes(16)).toString('hex'),
    epoch: (anchor?.epoch ?? 1) + 1,
  })
  return { rebuilt, adopted: [], lost, setAside }
}

const readable = (
  kept: ReadonlyMap<string, Uint8Array | undefined>,
): ReadonlyMap<string, Uint8Array> =>
  new Map([...kept].flatMap(([key, body]) => (body ? [[key, body] as const] : [])))

function lostThreads(
  threads: readonly FoundThread[],
  salvaged: ReadonlyMap<string, ThreadRow>,
  dead: ReadonlySet<string>,
): Lost[] {
  const lost: Lost[] = []
  const found = new Set<string>(threads.map((thread) => thread.threadId))
  for (const { threadId } of threads) {
    if (salvaged.has(threadId)) continue
    lost.push({
      what: 'name',
      threadId,
      detail:
        'name, hold, pin, archive time, idempotency keys and attachments that are not there are unknown',
    })
  }
  for (const [id, row] of salvaged) {
    if (found.has(id) || dead.has(id)) continue
    lost.push({ what: 'rollout', threadId: row.threadId, detail: 'a row without a rollout' })
  }
  return lost
}

/** Nothing is deleted behind the back of whoever repaired: retention is off, and a hold stays one without its reason. */
function lostCare(
  threads: readonly FoundThread[],
  salvaged: ReadonlyMap<string, ThreadRow>,
  heldIds: ReadonlySet<string>,
  policy: RetentionPolicy | null,
): Lost[] {
  const lost: Lost[] = threads
    .filter(({ threadId }) => heldIds.has(threadId) && !salvaged.get(threadId)?.hold)
    .map(({ threadId }) => ({ what: 'hold-reason', threadId, detail: 'it is still on hold' }))
  if (policy) {
    const detail = `retention is off; the policy was ${JSON.stringify(policy)}`
    lost.push({ what: 'retention', threadId: null, detail })
  }
  return lost
}

async function setLevelAside(options: ResolvedOptions, layout: RootLayout): Promise<string[]> {
  const { disk } = options
  const name = setAsideLevelName(uniqueName(options))
  const target = path.join(layout.cenotaphFolder, name)
  if ((await disk.list(layout.levelFolder))?.length) await disk.rename(layout.levelFolder, target)
  else await disk.removeFolder(layout.levelFolder)
  await disk.syncFolder(layout.cenotaphFolder)
  const names = (await disk.list(layout.cenotaphFolder)) ?? []
  return names.filter((entry) => isSetAsideLevel(entry.name)).map((entry) => entry.name)
}

/** The key that the anchor knows, or a new one: a lost key is a rotation, and old receipts name the old key. */
async function keyFor(
  { disk, clock, entropy }: ResolvedOptions,
  layout: RootLayout,
  fingerprint: string | undefined,
  lost: Lost[],
): Promise<SigningKey> {
  const key = await loadSigningKey(disk, layout.keyPath).catch(() => undefined)
  if (key && (fingerprint === undefined || key.fingerprint === fingerprint)) return key
  lost.push({ what: 'signing-key', threadId: null, detail: 'a new key signs from now on' })
  if (await disk.stat(layout.keyPath)) {
    await disk.rename(layout.keyPath, `${layout.keyPath}.damaged-${clock.wallMs()}`)
  }
  return createSigningKey(disk, layout.keyPath, entropy)
}
