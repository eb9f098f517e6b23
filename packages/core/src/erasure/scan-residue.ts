// The scan that a receipt reports: the deleted threads' own bytes are looked for in every file that may hold
// them. LevelDB's logs and manifest, the tables that meet the erased ranges, quarantine, staging and the small
// files beside them; listed again until nothing is new, because LevelDB makes files while it compacts.

import path from 'node:path'
import { indexProbes, type KeyRange, scanFile } from '@cenotaph/journal'
import { breathe } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { rowsUnder } from '../rows-under.js'
import type { Probe } from './probes.js'

/** Bytes of values that are looked at before other work gets a turn. */
const LOOKED_MAX = 64 * 1024

export interface ResidueScan {
  readonly files: number
  readonly bytes: number
  /** Probes that were found, and that no living thread shares. */
  readonly residue: readonly { readonly file: string; readonly probe: number }[]
  readonly shared: number
}

export async function scanForResidue(
  context: StoreContext,
  probes: readonly Probe[],
  ranges: readonly KeyRange[],
): Promise<ResidueScan> {
  const scanned = new Set<string>()
  const hits = new Map<number, string>()
  const index = await indexProbes(probes)
  let bytes = 0
  for (;;) {
    const fresh = (await filesThatMayHold(context, ranges)).filter((file) => !scanned.has(file))
    if (fresh.length === 0) break
    for (const file of fresh) {
      scanned.add(file)
      const scan = await context.journal.heavy.run(() => scanFile(context.disk, file, index))
      bytes += scan.bytes
      for (const { probe } of scan.hits) hits.set(probe, file)
    }
  }
  const shared = await sharedProbes(context, probes, new Set(hits.keys()))
  return {
    files: scanned.size,
    bytes,
    residue: [...hits]
      .filter(([probe]) => !shared.has(probe))
      .map(([probe, file]) => ({ file: path.basename(file), probe })),
    shared: shared.size,
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

/** Which of the probes that were found are held by rows of living threads. */
async function sharedProbes(
  context: StoreContext,
  probes: readonly Probe[],
  found: ReadonlySet<number>,
): Promise<Set<number>> {
  if (found.size === 0) return new Set()
  const wanted = [...found]
  const search = (await indexProbes(wanted.map((probe) => probes[probe]!))).begin()
  // Paths of backups, thread values, directories and open intents: all values in LevelDB that hold text.
  for (const prefix of ['b/', 'h/', 'i/', 'j/', 'k/', 't/']) {
    let looked = 0
    for await (const [, body] of rowsUnder(context.journal, prefix)) {
      search.look(body)
      looked += body.length
      if (looked < LOOKED_MAX) continue
      looked = 0
      await breathe()
      if (search.found().length === wanted.length) return new Set(wanted)
    }
  }
  return new Set(search.found().map((index) => wanted[index]!))
}
