// The entries of a folder, in byte order of their names. One of many thousand names is read and sorted in pieces, between
// which other work gets its turn: archived rollouts lie in one flat folder, and reading 100,000 names in one call would
// hold everybody up. Rejects with what the operating system says.

import type { Dir, Dirent } from 'node:fs'
import * as fs from 'node:fs/promises'
import { breathe } from './breathe.js'
import type { FolderEntry } from './disk.js'

/**
 * File systems tell a folder's size by its names; on one that does not, every folder is read at once, which is right as
 * well. Some 3,000 names of rollouts have this size on ext4.
 */
const LARGE_BYTES = 256 * 1024
const PIECE = 400
/** Entries merged before other work gets a turn. */
const MERGED_MAX = 2_000

export async function listFolder(name: string): Promise<FolderEntry[]> {
  const { size } = await fs.stat(name)
  if (size >= LARGE_BYTES) return listInPieces(name)
  return sorted((await fs.readdir(name, { withFileTypes: true })).map(entryOf))
}

/** As {@link listFolder}, whatever the folder's size. */
export async function listInPieces(name: string): Promise<FolderEntry[]> {
  let runs: FolderEntry[][] = []
  for await (const run of piecesOf(name)) runs.push(sorted(run))
  while (runs.length > 1) {
    const merged: FolderEntry[][] = []
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await merge(runs[at]!, runs[at + 1] ?? []))
    runs = merged
  }
  return runs[0] ?? []
}

/** The entries in no order, some at a time: others have their turn in between. */
export async function* piecesOf(name: string): AsyncGenerator<FolderEntry[]> {
  const folder = await fs.opendir(name, { bufferSize: PIECE })
  try {
    for (let run = await readRun(folder); run.length > 0; run = await readRun(folder)) {
      yield run
      await breathe()
    }
  } finally {
    await folder.close()
  }
}

/** One read fills Node's buffer with a piece; what comes out of the buffer needs no promise. */
async function readRun(folder: Dir): Promise<FolderEntry[]> {
  const run: FolderEntry[] = []
  let entry = await folder.read()
  for (; entry; entry = run.length < PIECE ? folder.readSync() : null) run.push(entryOf(entry))
  return run
}

async function merge(a: readonly FolderEntry[], b: readonly FolderEntry[]): Promise<FolderEntry[]> {
  const merged: FolderEntry[] = []
  let [atA, atB] = [0, 0]
  while (atA < a.length || atB < b.length) {
    const one = a[atA]
    const other = b[atB]
    if (one && (!other || one.name < other.name)) {
      merged.push(one)
      atA += 1
    } else {
      merged.push(other!)
      atB += 1
    }
    if (merged.length % MERGED_MAX === 0) await breathe()
  }
  return merged
}

const sorted = (entries: FolderEntry[]): FolderEntry[] =>
  entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))

const entryOf = (entry: Dirent): FolderEntry => ({ name: entry.name, kind: kindOf(entry) })

interface KindOf {
  isFile(): boolean
  isDirectory(): boolean
}

export const kindOf = (entry: KindOf): FolderEntry['kind'] =>
  entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other'
