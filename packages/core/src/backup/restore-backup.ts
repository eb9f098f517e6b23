// Restore: a backup into a store, or into an empty root. The backup is checked whole before anything is changed. Nobody
// who is dead comes back: the tombstones of the store, of the backup and those that the caller gives all count, and
// where no tombstones of the backed-up store itself are at hand, the caller has to say what holds.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { type Disk, StoreError } from '@cenotaph/storage'
import { checkOptions, checkText } from '../check-options.js'
import { type ResolvedOptions, resolveOptions, type ThreadStoreOptions } from '../options.js'
import { closeContext } from '../recovery/close-context.js'
import { openContext } from '../recovery/open-context.js'
import { type RootLayout, rootLayout } from '../root/index.js'
import { ownBytes } from '../threads/thread-row.js'
import type { PrepareRecord } from '../tombstones/index.js'
import { deadSetsIn, type ReadableBackup, readBackup } from './read-backup.js'
import { isUnfinished, restoreIntoEmpty } from './restore-root.js'
import { type RestoredThreads, restoreThreads } from './restore-threads.js'

export interface RestoreOptions {
  /**
   * Who is dead: the path of the store's `.cenotaph/tombstones`, or of the file `tombstones` in a newer backup. `'none'`
   * says that there is no such file, and that whoever was deleted after the backup may come back.
   */
  readonly tombstones?: string
  /** The key that must have signed the backup: raw ed25519, base64. Without it the one in the manifest is used. */
  readonly publicKey?: string
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface RestoreReport extends RestoredThreads {
  readonly backupId: string
  /** Whether the signing key was pinned, or came with the backup. */
  readonly trust: 'pinned' | 'embedded'
  readonly into: 'store' | 'empty-root'
  /** Threads that came back. */
  readonly threads: number
}

/**
 * @throws BACKUP_INVALID with `problems`, TOMBSTONES_REQUIRED, STORE_LOCKED, ARGUMENT_INVALID for a root that is neither
 * a store nor empty, and what opening the store throws
 */
export async function restoreBackup(
  dir: string,
  root: string,
  options: RestoreOptions = {},
  storeOptions: ThreadStoreOptions = {},
): Promise<RestoreReport> {
  checkText(dir, 'the folder of the backup')
  checkOptions(options, {
    tombstones: 'text',
    publicKey: 'text',
    onProgress: 'function',
    signal: 'object',
  })
  const resolved = resolveOptions(storeOptions)
  if (resolved.ephemeral)
    throw new StoreError('ARGUMENT_INVALID', 'a backup is restored to a disk, not into memory')
  const { disk } = resolved
  const layout = rootLayout(root)
  const isStore = await looksLikeStore(disk, layout)
  const { tombstones } = options
  if (!isStore && tombstones === undefined) throw tombstonesRequired('an empty folder')
  const given =
    tombstones === undefined || tombstones === 'none'
      ? []
      : await deadSetsIn(disk, path.resolve(tombstones))
  const backup = await readBackup(disk, dir, options)
  const report = isStore
    ? await intoStore(resolved, layout, { backup, given, options })
    : await intoEmpty(resolved, layout, { backup, given, options })
  const trust = options.publicKey === undefined ? 'embedded' : 'pinned'
  const { backupId } = backup.manifest
  return { backupId, trust, threads: report.restored.length, ...report }
}

interface Parts {
  readonly backup: ReadableBackup
  readonly given: readonly PrepareRecord[]
  readonly options: RestoreOptions
}

type Part = Omit<RestoreReport, 'backupId' | 'trust' | 'threads'>

async function intoStore(
  resolved: ResolvedOptions,
  layout: RootLayout,
  { backup, given, options }: Parts,
): Promise<Part> {
  const store = await openContext(layout.root, resolved)
  try {
    const { identity, dead } = store.context
    // Another store's tombstones say nothing about these threads.
    if (identity.storeId !== backup.manifest.storeId && options.tombstones === undefined)
      throw tombstonesRequired('another store than the one that was backed up')
    const others = deadIn(backup.dead, given)
    const isDead = (id: ThreadId): boolean => dead.has(id) || others.has(id)
    const { onProgress, signal } = options
    const parts = { context: store.context, backup, isDead, onProgress, signal }
    return { into: 'store', ...(await restoreThreads(parts)) }
  } finally {
    await closeContext(store)
  }
}

async function intoEmpty(
  resolved: ResolvedOptions,
  layout: RootLayout,
  { backup, given, options }: Parts,
): Promise<Part> {
  const { onProgress, signal } = options
  const plan = await restoreIntoEmpty({
    ...{ options: resolved, layout, backup, sets: given, onProgress, signal },
  })
  // Finishes the deletes that are open, and shows that the store is whole.
  await closeContext(await openContext(layout.root, resolved))
  const lost = plan.lostBases.map(({ threadId, base }) => ({
    what: 'inherited-lines',
    threadId,
    detail: `what it continues, ${base}, is not in the backup`,
  }))
  return {
    into: 'empty-root',
    bytes: plan.living.reduce((sum, { row }) => sum + ownBytes(row), 0),
    restored: plan.living.map(({ row }) => row.threadId),
    extended: [],
    skipped: plan.dead.map((threadId) => ({ threadId, reason: 'deleted' })),
    lost: [...lost, ...leftBehind],
  }
}

/** What a restored store begins without, whatever the backup holds. */
const leftBehind = [
  { what: 'retention', threadId: null, detail: 'it is off; set a policy anew' },
  { what: 'signing-key', threadId: null, detail: 'a new key signs from now on' },
] as const

const deadIn = (...lists: readonly (readonly PrepareRecord[])[]): ReadonlySet<ThreadId> =>
  new Set(lists.flat().flatMap((set) => set.ids))

/** @throws ARGUMENT_INVALID for a folder that is neither */
async function looksLikeStore(disk: Disk, layout: RootLayout): Promise<boolean> {
  if (await isUnfinished(disk, layout)) return false
  if ((await disk.list(layout.cenotaphFolder))?.length) return true
  const entries = (await disk.list(layout.root)) ?? []
  const others = entries.filter(({ name }) => name !== path.basename(layout.cenotaphFolder))
  if (others.length === 0) return false
  throw new StoreError('ARGUMENT_INVALID', 'a backup is restored into a store or an empty folder', {
    detail: { root: layout.root },
  })
}

const tombstonesRequired = (where: string): StoreError =>
  new StoreError(
    'TOMBSTONES_REQUIRED',
    `into ${where}: name a tombstone file, or say that there is none`,
  )
