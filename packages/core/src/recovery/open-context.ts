// Opens a root: checks that nothing is missing, loads what must be in memory, replays the journal, finishes open
// operations. Time depends on what is in flight, not on what is stored. Changes nothing before it is sure that the
// store is whole; a store that is not is JOURNAL_GAP, LEVEL_DAMAGED or TOMBSTONES_DAMAGED, and repair's to mend.

import { setMaxListeners } from 'node:events'
import { Journal, type Level, type Recovered } from '@cenotaph/journal'
import { isStoreError, StoreError } from '@cenotaph/storage'
import { AppendQueue } from '../append/append-queue.js'
import { Checkpoints } from '../append/checkpoint.js'
import { Commits } from '../append/commits.js'
import { RolloutWriters } from '../append/rollout-writers.js'
import { Backups } from '../backup/backups.js'
import { Compressor } from '../compression/compressor.js'
import type { StoreContext, StoreIdentity } from '../context.js'
import { Deletions } from '../erasure/deletions.js'
import { removeExpiredLevels } from '../erasure/scrub.js'
import { EventLog } from '../events/event-log.js'
import { latchingDisk } from '../files/latching-disk.js'
import { ResidueSearches } from '../inspection/residue-searches.js'
import { OpenOperations } from '../lifecycle/open-operations.js'
import type { ResolvedOptions } from '../options.js'
import { Participants } from '../participants/registry.js'
import { registerPresent } from '../participants/verbs.js'
import { createSigningKey, loadSigningKey, type SigningKey } from '../proof/index.js'
import { PageCache } from '../reading/page-cache.js'
import { Replacements } from '../reading/replacements.js'
import { Redactions } from '../redaction/redactions.js'
import { Ballast, prepareRoot, type RootLayout, rootLayout } from '../root/index.js'
import { DueDeletions } from '../schedule/due-deletions.js'
import { Schedules } from '../schedule/schedules.js'
import { Directories } from '../threads/directories.js'
import { LockTable } from '../threads/lock-table.js'
import { ThreadTable } from '../threads/thread-table.js'
import { TrustedClock } from '../time/trusted-clock.js'
import { DeadSet, TombstoneFile } from '../tombstones/index.js'
import { decideTombstones } from './decide-tombstones.js'
import { finishIntents } from './finish-intents.js'
import { checkLevel, isFresh } from './fresh-root.js'
import { lockLevel } from './lock-level.js'
import { replay } from './replay.js'
import { scheduleRetry } from './retry.js'
import { retryCarried } from './retry-carried.js'
import { sweepStaging } from './sweep-staging.js'

export interface OpenStore {
  readonly context: StoreContext
  readonly level: Level
  readonly close: AbortController
}

export async function openContext(root: string, options: ResolvedOptions): Promise<OpenStore> {
  const layout = rootLayout(root)
  await refuseUnfinishedRestore(options, layout)
  await prepareRoot(options.disk, layout)
  try {
    return await openOnce(layout, options)
  } catch (error) {
    if (!(await makeRoom(options, layout, error))) throw error
    return openOnce(layout, options)
  }
}

/** Asked before anything is made: a part of a backup must not pass as a store, to a repair neither. */
async function refuseUnfinishedRestore(
  { disk }: ResolvedOptions,
  { restoringPath, root }: RootLayout,
): Promise<void> {
  const stat = await disk.stat(restoringPath).catch(() => undefined)
  if (!stat) return
  throw new StoreError('RESTORE_UNFINISHED', 'a backup was not restored to its end here', {
    detail: { root },
  })
}

async function openOnce(layout: RootLayout, options: ResolvedOptions): Promise<OpenStore> {
  const fresh = await isFresh(options, layout)
  if (!fresh) await checkLevel(options, layout)
  const level = await lockLevel(options, layout, fresh)
  if (fresh && (await options.disk.stat(layout.anchorPath))) {
    // Another process made the store, and let go of it, since this one looked.
    await level.close()
    return openOnce(layout, options)
  }
  let loaded: Awaited<ReturnType<typeof load>> | undefined
  try {
    loaded = await load({ layout, options, level, fresh })
    const { context, recovered, close } = loaded
    await recover(context, recovered)
    await context.trustedClock.persist()
    await context.dueDeletions.run()
    new Compressor(context).start()
    context.residueSearches.arm()
    return { context, level, close }
  } catch (error) {
    if (loaded) await letGo(loaded)
    await level.close()
    throw error
  }
}

/** Files and timers of a store that could not be opened. */
async function letGo({ context, close }: Awaited<ReturnType<typeof load>>): Promise<void> {
  close.abort()
  context.appends.stop()
  // A retry may be under way, and its next step may be an unlink.
  await context.locks.close()
  await context.checkpoints.stopped()
  await context.appends.settled()
  await context.writers.closeAll(true)
  await context.tombstones.close()
}

/** Recovery frees space in the end, and must not fail for want of it: a full disk gets the ballast back. */
async function makeRoom(
  options: ResolvedOptions,
  layout: RootLayout,
  error: unknown,
): Promise<boolean> {
  const codes = ['DISK_FULL', 'DISK_ERROR', 'STORE_FAILED'] as const
  if (!codes.some((code) => isStoreError(error, code))) return false
  const free = await options.disk.freeBytes(layout.root)
  return free < options.ballastBytes && ballastOf(options, layout).release()
}

const ballastOf = ({ disk, entropy, ballastBytes }: ResolvedOptions, layout: RootLayout): Ballast =>
  new Ballast({ disk, path: layout.ballastPath, entropy, sizeBytes: ballastBytes })

interface LoadParts {
  readonly layout: RootLayout
  readonly options: ResolvedOptions
  readonly level: Level
  readonly fresh: boolean
}

async function load({ layout, options, level, fresh }: LoadParts): Promise<{
  context: StoreContext
  recovered: Recovered
  close: AbortController
}> {
  const { clock, entropy } = options
  const { anchorPath } = layout
  const { journal, recovered } = await Journal.open({
    level,
    disk: options.disk,
    anchorPath,
    clock,
    entropy,
    fresh,
  })
  const disk = latchingDisk(options.disk, (cause) => journal.fail(cause))
  const signingKey = await keyOf(options, layout, fresh, recovered.anchor?.keyFingerprint)
  const events = await EventLog.load(journal, entropy)
  await checkHead(events, recovered)
  const directories = await Directories.load(journal, entropy)
  const backups = await Backups.load(journal)
  const participants = await Participants.load(journal, entropy, options.participantCode)
  const schedules = await Schedules.load(journal)
  const lastMs = Math.max(recovered.meta?.storeTimeMs ?? 0, recovered.anchor?.storeTimeMs ?? 0)
  const trustedClock = await TrustedClock.load(journal, clock, lastMs || undefined)
  // Last of all that can fail, because it stays open.
  const tombstones = await TombstoneFile.open(disk, layout.tombstonesPath, { create: fresh })
  const locks = new LockTable()
  const threads = new ThreadTable(journal, locks, { evicts: !options.ephemeral })
  const dead = new DeadSet()
  const writers = new RolloutWriters(disk, layout)
  const commits = new Commits(journal, writers, options)
  const close = new AbortController()
  // Every open operation and every participant that is being asked listens: many are no leak, and worth no warning.
  setMaxListeners(0, close.signal)
  const identity: StoreIdentity = {
    storeId: recovered.anchor?.storeId ?? Buffer.from(entropy.bytes(16)).toString('hex'),
    epoch: recovered.anchor?.epoch ?? 1,
  }
  const context: StoreContext & {
    checkpoints: Checkpoints
    dueDeletions: DueDeletions
    residueSearches: ResidueSearches
  } = {
    layout,
    options,
    disk,
    clock,
    entropy,
    journal,
    locks,
    threads,
    directories,
    events,
    dead,
    schedules,
    dueDeletions: undefined as unknown as DueDeletions,
    residueSearches: undefined as unknown as ResidueSearches,
    trustedClock,
    tombstones,
    signingKey,
    appends: new AppendQueue(commits, clock, options),
    writers,
    checkpoints: undefined as unknown as Checkpoints,
    openOperations: new OpenOperations(),
    deletions: new Deletions(),
    redactions: new Redactions(options.maxLineBytes),
    replacements: new Replacements(),
    pages: new PageCache({ threads, dead, schedules }),
    backups,
    participants,
    ballast: ballastOf(options, layout),
    identity,
    closing: close.signal,
    scheduleRetry: (operationId) => scheduleRetry(context, operationId),
    crashPoint: async (name) => options.crashPoint(name),
  }
  context.checkpoints = new Checkpoints(context)
  context.dueDeletions = new DueDeletions(context)
  context.residueSearches = new ResidueSearches(context)
  dead.onDeath = (ids) => {
    context.pages.clear()
    options.companion.onDeath?.(ids)
  }
  commits.onCommitted = () => context.checkpoints.noteAppend()
  return { context, recovered, close }
}

async function keyOf(
  { disk, entropy }: ResolvedOptions,
  { keyPath }: RootLayout,
  fresh: boolean,
  fingerprint: string | undefined,
): Promise<SigningKey> {
  const present = await disk.stat(keyPath)
  if (fresh && !present) return createSigningKey(disk, keyPath, entropy)
  const key = await loadSigningKey(disk, keyPath)
  if (!key) {
    throw new StoreError('KEY_MISMATCH', 'the signing key is missing', {
      detail: { expected: fingerprint },
    })
  }
  // One flipped bit in the file is another valid key; the anchor knows which one was ours.
  if (fingerprint === undefined || key.fingerprint === fingerprint) return key
  throw new StoreError(
    'KEY_MISMATCH',
    'the signing key is not the one that this store began with',
    {
      detail: { expected: fingerprint, actual: key.fingerprint },
    },
  )
}

/** The log may have grown since the anchor, and must still be the same log. */
async function checkHead(events: EventLog, { anchor, meta }: Recovered): Promise<void> {
  if (!anchor) {
    // The first checkpoint precedes the first operation, so a store with a past has had an anchor.
    if (events.size === 0 && (meta?.lastSequence ?? 0) === 0) return
    throw new StoreError('JOURNAL_GAP', 'the anchor is missing', {
      detail: { reason: 'anchor-missing' },
    })
  }
  const refuse = (reason: string): never => {
    throw new StoreError('JOURNAL_GAP', 'the event log is older than the anchor, or another one', {
      detail: { reason, anchorSize: anchor.logSize, size: events.size },
    })
  }
  if (events.size < anchor.logSize) refuse('log-short')
  const root = Buffer.from(await events.tree.rootAt(anchor.logSize)).toString('hex')
  if (root !== anchor.rootHash) refuse('log-differs')
}

async function recover(context: StoreContext, recovered: Recovered): Promise<void> {
  context.redactions.hideOpen(recovered.intents)
  await decideTombstones(context, recovered)
  await sweepStaging(context, recovered.intents)
  await replay(context, recovered.groups)
  // A new store has its anchor before its first event: a log without one is a journal that was lost.
  if (!recovered.anchor) await context.checkpoints.run()
  await registerPresent(context)
  await finishIntents(context, recovered.intents)
  await retryCarried(context)
  // Puts the replayed lines on disk.
  if (recovered.groups.length > 0) await context.checkpoints.run()
  await removeExpiredLevels(context)
  await context.ballast.restore()
}
