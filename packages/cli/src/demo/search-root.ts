// Searches every byte of every file under a folder, and every name. LOCK is left alone: whoever closes a file that
// was opened there takes the lock from the process that holds it.

import path from 'node:path'
import { type Disk, readWhole } from '@cenotaph/storage'

export interface Search {
  readonly files: number
  readonly bytes: number
  /** Those of the texts that are there, in any file or name. */
  readonly found: ReadonlySet<string>
  /** Files that hold at least one, relative to the folder. */
  readonly places: readonly string[]
}

interface Needle {
  readonly text: string
  /** As it is, and as JSON spells it. */
  readonly forms: readonly Buffer[]
}

export async function searchRoot(
  disk: Disk,
  root: string,
  texts: readonly string[],
): Promise<Search> {
  const needles = texts.map(needleOf)
  const found = new Set<string>()
  const places: string[] = []
  let files = 0
  let bytes = 0
  for await (const file of filesUnder(disk, root)) {
    const content = Buffer.from((await readWhole(disk, file)) ?? new Uint8Array(0))
    files += 1
    bytes += content.length
    const name = Buffer.from(path.relative(root, file))
    const hits = needles.filter(({ forms }) =>
      forms.some((form) => name.includes(form) || content.includes(form)),
    )
    for (const { text } of hits) found.add(text)
    if (hits.length > 0) places.push(path.relative(root, file))
  }
  return { files, bytes, found, places }
}

function needleOf(text: string): Needle {
  const spelled = JSON.stringify(text).slice(1, -1)
  return { text, forms: [...new Set([text, spelled])].map((form) => Buffer.from(form)) }
}

async function* filesUnder(disk: Disk, folder: string): AsyncGenerator<string> {
  for (const { name, kind } of (await disk.list(folder)) ?? []) {
    const full = path.join(folder, name)
    if (kind === 'folder') yield* filesUnder(disk, full)
    else if (kind === 'file' && name !== 'LOCK') yield full
  }
}
