// Takes the lock of a root, which is that of its database, and says in `owner.json` who has it.

import os from 'node:os'
import type { Level } from '@cenotaph/journal'
import { isStoreError, StoreError } from '@cenotaph/storage'
import type { ResolvedOptions } from '../options.js'
import { type RootLayout, readOwner, writeOwner } from '../root/index.js'

export async function lockLevel(
  options: ResolvedOptions,
  layout: RootLayout,
  fresh: boolean,
): Promise<Level> {
  const level = await openLevelOf(options, layout, fresh)
  try {
    const since = new Date(options.clock.wallMs()).toISOString()
    await writeOwner(options.disk, layout.ownerPath, {
      pid: process.pid,
      host: os.hostname(),
      since,
    })
    return level
  } catch (error) {
    // A handle that is left open keeps everybody out, this process included.
    await level.close()
    throw error
  }
}

async function openLevelOf(
  options: ResolvedOptions,
  layout: RootLayout,
  fresh: boolean,
): Promise<Level> {
  try {
    return await options.levels.open(layout.levelFolder, { createIfMissing: fresh })
  } catch (error) {
    if (!isStoreError(error, 'STORE_LOCKED')) throw error
    const owner = await readOwner(options.disk, layout.ownerPath)
    throw new StoreError('STORE_LOCKED', ownerText(owner), {
      cause: error,
      retryable: true,
      detail: { root: layout.root, ...owner },
    })
  }
}

const ownerText = (owner: { pid: number; host: string } | undefined): string =>
  owner
    ? `the store is open in process ${owner.pid} on ${owner.host}`
    : 'the store is open in another process'
