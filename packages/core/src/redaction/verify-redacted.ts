// The check behind the word `erased` of a redaction: every line reads redacted in every file that has it, and the texts
// are in no file of LevelDB, of quarantine or beside them. Probes that other lines or other threads hold as well are
// shared: finding them says nothing.

import { indexProbes, type OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { breathe, isStoreError, StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { Probe } from '../erasure/probes.js'
import { scanForResidue } from '../erasure/scan-residue.js'
import { rangesOf } from '../erasure/scrub.js'
import { openRollout } from '../reading/open-rollout.js'
import { countUnredacted } from './redact-files.js'
import type { RedactPlan } from './redact-plan.js'
import { eraseOldValues } from './redact-values.js'

const CHUNK_BYTES = 1024 * 1024

/** @throws ERASE_INCOMPLETE */
export async function verifyRedacted(
  context: StoreContext,
  plan: RedactPlan,
  operationId: OperationId,
): Promise<void> {
  const left = await countUnredacted(context, plan.targets)
  if (left > 0) throw incomplete('lines', left)
  const found = await context.journal.getMany(plan.keys)
  const keys = found.filter((body) => body !== undefined).length
  if (keys > 0) throw incomplete('keys', keys)
  const deletion = context.deletions.of(operationId)
  const { probes } = deletion
  if (!probes) {
    const scan = { files: 0, bytes: 0, residue: [], shared: 0 }
    deletion.verification = { mode: 'structural', scan }
    return
  }
  const ranges = await rangesOf(plan.touched, [])
  const own = new Set<string>([...plan.owners, ...plan.touched])
  const isOwn = (id: string): boolean => own.has(id)
  let scan = await scanForResidue(context, probes, ranges, isOwn)
  if (scan.residue.length > 0) {
    await eraseOldValues(context, plan)
    scan = await scanForResidue(context, probes, ranges, isOwn)
  }
  if (scan.residue.length > 0) throw incomplete('residue', scan.residue.length)
  const shared = new Set<number>()
  let files = 0
  let bytes = 0
  for (const id of new Set([...plan.touched, ...plan.copies])) {
    const looked = await lookThrough(context, id, probes, shared)
    files += looked.files
    bytes += looked.bytes
  }
  deletion.verification = {
    mode: 'probes',
    scan: {
      ...scan,
      files: scan.files + files,
      bytes: scan.bytes + bytes,
      shared: Math.max(scan.shared, shared.size),
    },
  }
}

/** Which probes stand in lines of a thread that are not redacted. */
async function lookThrough(
  context: StoreContext,
  id: ThreadId,
  probes: readonly Probe[],
  shared: Set<number>,
): Promise<{ files: number; bytes: number }> {
  const row = context.dead.has(id) ? undefined : (await context.threads.load(id))?.row
  const index = await indexProbes(probes)
  const search = index.begin()
  const overlap = Math.max(0, index.longestBytes - 1)
  let files = 0
  let bytes = 0
  for (const rollout of row?.rollouts ?? []) {
    try {
      const source = await openRollout(context, row!, rollout)
      try {
        for (let at = 0; at < source.size; at += CHUNK_BYTES) {
          const start = Math.max(0, at - overlap)
          search.look(await source.read(start, CHUNK_BYTES + at - start))
          await breathe()
        }
        files += 1
        bytes += source.size
      } finally {
        await source.close()
      }
    } catch (error) {
      // A copy that cannot be read is listed as a survivor anyhow.
      if (!isStoreError(error)) throw error
    }
  }
  for (const probe of search.found()) shared.add(probe)
  return { files, bytes }
}

const incomplete = (what: string, count: number): StoreError =>
  new StoreError('ERASE_INCOMPLETE', `after the redaction ${count} ${what} were found`, {
    retryable: true,
    detail: { what, count },
  })
