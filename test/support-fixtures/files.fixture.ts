// What is on disk under a folder. LevelDB's LOCK is never opened: closing it would drop the process's lock.

import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

/** Paths of all files, relative to the folder, in order. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort()
}

/** Files that hold a text, as UTF-8. */
export async function filesHolding(folder: string, text: string): Promise<string[]> {
  const holding: string[] = []
  for (const name of await filesUnder(folder)) {
    if (path.basename(name) === 'LOCK') continue
    if ((await readFile(path.join(folder, name))).includes(text)) holding.push(name)
  }
  return holding
}

/** Every file with its bytes, but for LOCK and those that `skip` picks. */
export async function snapshotOf(
  folder: string,
  skip: (name: string) => boolean = () => false,
): Promise<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of await filesUnder(folder)) {
    if (path.basename(name) === 'LOCK' || skip(name)) continue
    files[name] = (await readFile(path.join(folder, name))).toString('base64')
  }
  return files
}

/** The one rollout of a thread, plain or compressed. */
export async function rolloutOf(root: string, threadId: string): Promise<string> {
  const found = (await filesUnder(root)).filter(
    (name) => name.includes(`${threadId}.jsonl`) && !name.endsWith('.tmp'),
  )
  if (found.length !== 1) throw new Error(`${found.length} rollouts of ${threadId}`)
  return path.join(root, found[0]!)
}

export const exists = (name: string): Promise<boolean> =>
  stat(name).then(
    () => true,
    () => false,
  )
