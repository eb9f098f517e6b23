// Threads that are related to the owners of redacted lines: those that read the lines by reference, and those that may
// hold a copy of them.

import { type RolloutLine, readForward, type ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import { forksOf } from '../threads/relatives.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { type OrdinalSpan, spansHold } from './ordinal-spans.js'
import { digestOfRecord } from './redact-lines.js'

/** A family beyond this is looked at no further; the receipt says so. */
const FAMILY_MAX = 1_000

export interface Family {
  /** Living threads that continue one of the owners by reference, to any depth. */
  readonly readers: readonly ThreadId[]
  /** Living threads of the same origin that are not owners. */
  readonly others: readonly ThreadId[]
  readonly complete: boolean
}

export async function familyOf(
  context: StoreContext,
  owners: readonly ThreadId[],
): Promise<Family> {
  const readers = new Set<ThreadId>()
  const family = new Set<ThreadId>(owners)
  const reading = new Set<ThreadId>(owners)
  for (const id of family) {
    if (family.size > FAMILY_MAX) break
    const row = (await context.threads.load(id))?.row
    const source = row?.forkedFromId
    if (source && !context.dead.has(source) && (await context.threads.load(source)))
      family.add(source)
    for (const { threadId, kind } of await forksOf(context, id)) {
      family.add(threadId)
      if (kind !== 'reference' || !reading.has(id)) continue
      reading.add(threadId)
      readers.add(threadId)
    }
  }
  const owning = new Set(owners)
  return {
    readers: [...readers].filter((id) => !owning.has(id)),
    others: [...family].filter((id) => !owning.has(id)),
    complete: family.size <= FAMILY_MAX,
  }
}

/** Which threads hold one of the lines in a rollout of their own, byte for byte. */
export async function copiesOf(
  context: StoreContext,
  ids: readonly ThreadId[],
  spans: readonly OrdinalSpan[],
  digests: ReadonlySet<string>,
): Promise<ThreadId[]> {
  const copies: ThreadId[] = []
  for (const id of ids) {
    const row = (await context.threads.load(id))?.row
    if (row && !context.dead.has(id) && (await holdsCopy(context, row, spans, digests)))
      copies.push(id)
  }
  return copies
}

async function holdsCopy(
  context: StoreContext,
  row: ThreadRow,
  spans: readonly OrdinalSpan[],
  digests: ReadonlySet<string>,
): Promise<boolean> {
  const isCopy = (line: RolloutLine): boolean =>
    spansHold(spans, line.ordinal) && digests.has(digestOfRecord(line.bytes))
  const last = spans.at(-1)?.to ?? 0
  for (const rollout of row.rollouts) {
    if (rollout.firstOrdinal > last) continue
    try {
      const source = await openRollout(context, row, rollout)
      try {
        const { firstOrdinal } = rollout
        for await (const line of readForward(source, { firstOrdinal }))
          if (isCopy(line)) return true
      } finally {
        await source.close()
      }
    } catch (error) {
      // What cannot be read may hold them: it is named rather than passed over.
      if (!isStoreError(error)) throw error
      return true
    }
  }
  return false
}
