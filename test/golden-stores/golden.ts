// Golden stores: real stores of every format version, checked in as they lay on disk, each with what a version of its
// time said of it. Git keeps no modes and no empty folders, so a copy is made private again, as its store was.

import {
  chmodSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { buildOpenOperations, buildStore, ids, portsOf } from './build-store.js'
import { type Look, type LookOptions, lookAtStore } from './look-at-store.js'

export const goldenFolder = fileURLToPath(new URL('../golden/', import.meta.url))

export const versions: readonly string[] = readdirSync(goldenFolder)
  .filter((name) => /^v\d+$/.test(name))
  .sort((a, b) => Number(a.slice(1)) - Number(b.slice(1)))

/** What each golden store is for. */
export const kinds = {
  settled: { build: buildStore, receipts: 'whole' },
  'open-operations': { build: buildOpenOperations, receipts: 'ids' },
} as const

export type Kind = keyof typeof kinds

export const kindNames = Object.keys(kinds) as Kind[]

export const rootOf = (version: string, kind: Kind): string =>
  path.join(goldenFolder, version, kind)

const expectedPath = (version: string, kind: Kind): string =>
  path.join(goldenFolder, version, `${kind}.json`)

export const expectedOf = (version: string, kind: Kind): Look =>
  JSON.parse(readFileSync(expectedPath(version, kind), 'utf8'))

/** A copy that may be opened. */
export function copyGolden(from: string, to: string): void {
  mkdirSync(to, { recursive: true })
  cpSync(from, to, { recursive: true })
  const entries = readdirSync(to, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const name = path.join(entry.parentPath, entry.name)
    chmodSync(name, entry.isDirectory() ? 0o700 : 0o600)
  }
}

/** An hour after the store was begun, in every run. */
export const openGolden = (root: string, disk: Disk = nodeDisk): Promise<ThreadStore> =>
  openThreadStore(root, { ...portsOf(7, 3_600_000).options, disk })

export const lookAtGolden = (
  store: ThreadStore,
  kind: Kind,
  options: LookOptions = {},
  known: readonly string[] = Object.values(ids),
): Promise<Look> => lookAtStore(store, known, { receipts: kinds[kind].receipts, ...options })

/** Puts a store that was just built, and what it says, in place of a version's golden one. */
export async function writeGolden(version: string, kind: Kind, folder: string): Promise<void> {
  const kept = await kinds[kind].build(path.join(folder, kind))
  const target = rootOf(version, kind)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  cpSync(kept, target, { recursive: true })
  const copy = path.join(folder, `${kind}-copy`)
  copyGolden(target, copy)
  const store = await openGolden(copy)
  const said = await lookAtGolden(store, kind)
  await store.close()
  writeFileSync(expectedPath(version, kind), `${JSON.stringify(said, null, 1)}\n`)
}
