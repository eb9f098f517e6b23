// The scan that a receipt reports: the deleted threads' own bytes are looked for in every file that may hold
// them. LevelDB's logs and manifest, the tables that meet the erased ranges, quarantine, staging and the small
// files beside them.
//
// What is found may be somebody else's: threads share directories, names, words, and the frame of every line. So each
// finding is traced to whose bytes they are (whose-bytes.ts), and only what is the deleted threads' own, or nobody's, is
// residue.

import path from 'node:path'
import { indexProbes, type KeyRange, mergeRanges, scanFile } from '@cenotaph/journal'
import type { StoreContext } from '../context.js'
import { readEveryFile } from '../files/read-every-file.js'
import type { Probe } from './probes.js'
import { type IsOwn, othersFiles, ownFindings } from './whose-bytes.js'

export interface ResidueScan {
  readonly files: number
  readonly bytes: number
  /** Probes that were found in bytes that are not others'. */
  readonly residue: readonly { readonly file: string; readonly probe: number }[]
  /** Probes that were found in others' bytes alone. */
  readonly shared: number
}

export async function scanForResidue(
  context: StoreContext,
  probes: readonly Probe[],
  ranges: readonly KeyRange[],
  isOwn: IsOwn,
): Promise<ResidueScan> {
  const found = new Set<number>()
  const residue = new Map<number, string>()
  const index = await indexProbes(probes)
  const merged = mergeRanges(ranges)
  let files = 0
  let bytes = 0
  const read = async (file: string): Promise<number | undefined> => {
    // Asked before the file is read: whose it was then may be over afterwards.
    const isOthers = await othersFiles(context, file, isOwn)
    const scan = await context.journal.heavy.run(() => scanFile(context.disk, file, index))
    if (scan.bytes === undefined) return undefined
    const hits = scan.hits.map(({ probe }) => probe)
    if (hits.length > 0 && !(await isOthers())) {
      const own = await ownFindings(context, file, { hits, probes, isOwn, ranges: merged })
      if (own === undefined) return undefined
      for (const probe of own) residue.set(probe, file)
    }
    for (const probe of hits) found.add(probe)
    files += 1
    bytes += scan.bytes
    return scan.bytes
  }
  await readEveryFile(context.disk, () => filesThatMayHold(context, merged), read)
  return {
    files,
    bytes,
    residue: [...residue].map(([probe, file]) => ({ file: path.basename(file), probe })),
    shared: found.size - residue.size,
  }
}

async function filesThatMayHold(
  context: StoreContext,
  ranges: readonly KeyRange[],
): Promise<string[]> {
  const { layout, disk, journal } = context
  const files = [...(await journal.filesToScan(ranges, layout.levelFolder))]
  const folders = [
    layout.cenotaphFolder,
    layout.stagingFolder,
    layout.quarantineFolder,
    layout.receiptsFolder,
  ]
  for (const folder of folders) {
    for (const { name, kind } of (await disk.list(folder)) ?? []) {
      const full = path.join(folder, name)
      if (kind === 'file' && full !== layout.ballastPath) files.push(full)
    }
  }
  return files
}
