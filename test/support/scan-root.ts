// Looks for canaries in every byte under a folder: names, contents, and LevelDB's logs once more as records, because
// LevelDB splits a value where a block of its log ends. `LOCK` is never opened: closing a descriptor of it would drop
// the lock of a store that is open in this process.

import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { readLogRecords } from '@cenotaph/journal'
import { TOKEN_BYTES, TOKEN_PREFIX } from './canary.js'

export interface RootScan {
  readonly files: number
  readonly bytes: number
  /** Paths below the root, by token. */
  readonly found: ReadonlyMap<string, ReadonlySet<string>>
  /** Paths of all files below the root. */
  readonly names: readonly string[]
}

const RECORD_FILE = /^(\d+\.log|MANIFEST-\d+)$/

/** Scans what is there now; a file that vanishes meanwhile holds nothing. */
export async function scanRoot(root: string): Promise<RootScan> {
  const found = new Map<string, Set<string>>()
  const names = await filesBelow(root)
  let bytes = 0
  for (const name of names) {
    const look = (content: Uint8Array): void => collect(content, name, found)
    look(Buffer.from(name))
    if (path.basename(name) === 'LOCK') continue
    const content = await readIfThere(path.join(root, name))
    bytes += content.length
    look(content)
    if (!RECORD_FILE.test(path.basename(name))) continue
    for await (const record of readLogRecords({
      size: content.length,
      read: async (offset, length) => content.subarray(offset, offset + length),
    })) {
      look(record)
    }
  }
  return { files: names.length, bytes, found, names }
}

async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
}

async function readIfThere(name: string): Promise<Buffer> {
  try {
    return await readFile(name)
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Notes every token that stands in some bytes, under a name for where they were. */
export function collect(content: Uint8Array, name: string, found: Map<string, Set<string>>): void {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.length)
  for (
    let at = bytes.indexOf(TOKEN_PREFIX);
    at >= 0;
    at = bytes.indexOf(TOKEN_PREFIX, at + TOKEN_PREFIX.length)
  ) {
    const token = bytes.toString('latin1', at, at + TOKEN_BYTES)
    const files = found.get(token)
    if (files) files.add(name)
    else found.set(token, new Set([name]))
  }
}
