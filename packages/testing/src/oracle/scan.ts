// Looks for canaries in every byte of a store: names, contents, and of a database what is deleted as well. What lies
// beside the store, such as a backup, is not the store's.

import path from 'node:path'
import { readLogRecords } from '@cenotaph/journal'
import { type Disk, readWhole } from '@cenotaph/storage'
import { contentOf, type Inode } from '../disk/inode.js'
import { partsOf } from '../disk/paths.js'
import type { SimMachine } from '../explore/sim-machine.js'
import { collect } from './canary.js'

export interface Scan {
  /** Places by token: paths, or files of a simulated database. */
  readonly found: ReadonlyMap<string, ReadonlySet<string>>
  /** Paths of all files. */
  readonly names: readonly string[]
}

export interface DiskScan extends Scan {
  readonly files: number
  readonly bytes: number
}

/** LevelDB splits a value where a block of its log ends, so these are read as records too. */
const RECORD_FILE = /^(\d+\.log|MANIFEST-\d+)$/

/**
 * Every file below a folder of any disk; paths are told from there. A file that vanishes meanwhile holds nothing. LevelDB's
 * LOCK is never opened: closing a descriptor of it would drop the lock of a store that is open in this process.
 */
export async function scanDisk(disk: Disk, root: string): Promise<DiskScan> {
  const found = new Map<string, Set<string>>()
  const names: string[] = []
  for await (const name of filesBelow(disk, root)) names.push(path.relative(root, name))
  names.sort()
  let bytes = 0
  for (const name of names) {
    const look = (content: Uint8Array): void => collect(content, name, found)
    look(Buffer.from(name))
    if (path.basename(name) === 'LOCK') continue
    const content = (await readWhole(disk, path.join(root, name))) ?? new Uint8Array(0)
    bytes += content.length
    look(content)
    if (!RECORD_FILE.test(path.basename(name))) continue
    const read = async (offset: number, length: number) => content.subarray(offset, offset + length)
    for await (const record of readLogRecords({ size: content.length, read })) look(record)
  }
  return { files: names.length, bytes, found, names }
}

async function* filesBelow(disk: Disk, folder: string): AsyncGenerator<string> {
  for (const { name, kind } of (await disk.list(folder)) ?? []) {
    const place = path.join(folder, name)
    if (kind === 'folder') yield* filesBelow(disk, place)
    else if (kind === 'file') yield place
  }
}

/** Everything below a folder of a simulated machine, and all that its database has on disk. */
export function scanMachine(
  { disk, level }: Pick<SimMachine, 'disk' | 'level'>,
  root: string,
): Scan {
  const found = new Map<string, Set<string>>()
  const names: string[] = []
  const visit = (inode: Inode, place: string): void => {
    collect(Buffer.from(place), place, found)
    if (inode.kind === 'file') {
      names.push(place)
      collect(contentOf(inode), place, found)
      return
    }
    for (const [name, child] of inode.entries) visit(child, `${place}/${name}`)
  }
  let start: Inode | undefined = disk.root
  for (const part of partsOf(root))
    start = start?.kind === 'folder' ? start.entries.get(part) : undefined
  if (start) visit(start, root)
  for (const { key, value, file } of level.physical()) {
    collect(Buffer.from(key), file, found)
    collect(value, file, found)
  }
  return { found, names }
}
