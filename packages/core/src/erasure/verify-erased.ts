// The check behind the word `erased`: no name, no key, no byte. With probes the threads' own bytes are looked for;
// without them (another process took them, and a crash ended it) names and keys alone are checked.

import type { OperationId } from '@cenotaph/journal'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { DeletePlan } from '../lifecycle/delete-plan.js'
import { scanForResidue } from './scan-residue.js'
import { eraseFromLevel, rangesOf, threadRanges } from './scrub.js'
import { namesLeft } from './unlink.js'

/** @throws ERASE_INCOMPLETE */
export async function verifyErased(
  context: StoreContext,
  plan: DeletePlan,
  operationId: OperationId,
): Promise<void> {
  const dying = new Set(plan.threadIds)
  const deletion = context.deletions.of(operationId)
  const names = await namesLeft(context, (id) => dying.has(id), deletion.names)
  if (names > 0) throw incomplete('names', names)
  for await (const keys of context.journal.keysIn(await threadRanges(plan.threadIds)))
    throw incomplete('keys', keys.length)
  const ranges = await rangesOf(plan.threadIds, deletion.directories)
  const { probes } = deletion
  if (!probes) {
    deletion.verification = { mode: 'structural', scan: nothingScanned }
    return
  }
  const isOwn = (id: string): boolean => dying.has(id as ThreadId)
  let scan = await scanForResidue(context, probes, ranges, isOwn)
  if (scan.residue.length > 0) {
    // A page that was open, or a table that a compaction placed below the range: the recipe again heals both.
    await eraseFromLevel(context, plan.threadIds, deletion.directories)
    scan = await scanForResidue(context, probes, ranges, isOwn)
  }
  if (scan.residue.length > 0) throw incomplete('residue', scan.residue.length)
  deletion.verification = { mode: 'probes', scan }
}

/** Without probes there is nothing to search for, and the receipt must not look as if something was. */
const nothingScanned = { files: 0, bytes: 0, residue: [], shared: 0 } as const

const incomplete = (what: string, count: number): StoreError =>
  new StoreError('ERASE_INCOMPLETE', `after the erasure ${count} ${what} were found`, {
    retryable: true,
    detail: { what, count },
  })
