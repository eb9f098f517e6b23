// Every file under a root, for the search for residue: in which of them entries of LevelDB lie, which are read as text,
// and what is not the store's and is only named.

import path from 'node:path'
import type { Disk } from '@cenotaph/storage'
import type { RootLayout } from '../root/index.js'

export interface RootFiles {
  /** Paths; never LevelDB's LOCK. */
  readonly files: readonly string[]
  /** Names in the root that are not the store's, whose contents nobody reads. */
  readonly foreign: readonly string[]
}

export async function filesUnder(disk: Disk, layout: RootLayout): Promise<RootFiles> {
  const ours = new Set([layout.sessionsFolder, layout.archivedFolder, layout.cenotaphFolder])
  const files: string[] = []
  const foreign: string[] = []
  for (const { name } of (await disk.list(layout.root)) ?? []) {
    if (!ours.has(path.join(layout.root, name))) foreign.push(name)
  }
  for (const folder of ours) await walk(disk, folder, files)
  return { files, foreign }
}

async function walk(disk: Disk, folder: string, files: string[]): Promise<void> {
  for (const { name, kind } of (await disk.list(folder)) ?? []) {
    const full = path.join(folder, name)
    if (kind === 'folder') await walk(disk, full, files)
    else if (name !== 'LOCK') files.push(full)
  }
}
