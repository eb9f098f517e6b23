// What a redaction takes, read as a whole before anything happens: the lines and their owners, rows whose preview or
// name repeats them, values and quarantined pieces that do, and the copies that it cannot reach. Read once without locks
// to know what to lock, and again under the locks.

import { createHash } from 'node:crypto'
import type { ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import type { StattedFile } from '../erasure/names-on-disk.js'
import { refuseChangedRollouts } from '../erasure/replace-rollout.js'
import { refuseHeld } from '../lifecycle/hold.js'
import { openRollout } from '../reading/open-rollout.js'
import { refuseDead, requireUsable } from '../threads/require-thread.js'
import { resummed } from '../threads/rollout-checksum.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'
import type { ThreadState } from '../threads/thread-state.js'
import type { OrdinalSpan } from './ordinal-spans.js'
import { findPatches, patchedSource } from './patches.js'
import { previewWithout } from './previews.js'
import { filesOf } from './redact-files.js'
import { type FoundLines, findLines, type RedactTarget } from './redact-lines.js'
import { copiesOf, familyOf } from './relatives-of-lines.js'
import { piecesThatRepeat, type RepeatingValues, valuesThatRepeat } from './repeating-values.js'

export interface RedactScope {
  readonly found: FoundLines
  /** Living threads that hold the lines. */
  readonly owners: readonly ThreadId[]
  /** Rows as they will be: of the owners, and of threads whose preview or name repeats the lines. */
  readonly rows: readonly ThreadRow[]
  /** Of those, threads that lose their name. */
  readonly unnamed: readonly ThreadId[]
  readonly values: RepeatingValues
  /** Quarantined pieces, by their handle. */
  readonly pieces: readonly string[]
  readonly copies: readonly ThreadId[]
  readonly files: readonly StattedFile[]
  readonly planId: string
  /** What could not be looked at, for the receipt. */
  readonly unsearched: readonly string[]
}

export async function readRedactScope(
  context: StoreContext,
  id: ThreadId,
  spans: readonly OrdinalSpan[],
): Promise<RedactScope> {
  const { row } = await requireUsable(context, id)
  const found = await findLines(context, row, spans)
  const owners = [...new Set(found.targets.map((target) => target.threadId))]
  const states = await requireOwners(context, owners)
  for (const { cwd } of [row, ...states.map((state) => state.row)]) if (cwd) found.texts.keep(cwd)
  refuseHeld([row, ...states.map((state) => state.row)])
  for (const state of states) await refuseChangedRollouts(context, state)
  const family = await familyOf(context, owners)
  const { rows, unnamed } = await changedRows(context, [id, ...owners], family.readers, found)
  const touched = [...new Set([id, ...owners, ...family.readers])]
  const { pieces, unsearched } = await piecesThatRepeat(context, owners, found.texts)
  return {
    found,
    owners,
    rows,
    unnamed,
    values: await valuesThatRepeat(context, touched, found.texts),
    pieces,
    copies: await copiesOf(context, family.others, spans, found.digests),
    files: await filesOf(context, owners, found.targets),
    planId: planIdOf(found),
    unsearched: [
      ...(unsearched > 0 ? [`${unsearched} quarantined pieces that cannot be decoded`] : []),
      ...(family.complete ? [] : ['copies of the lines in forks beyond the first 1,000']),
      ...(found.texts.truncated
        ? ['values and quarantine that repeat the text beyond its first 2 MiB']
        : []),
    ],
  }
}

/** Threads that must not change meanwhile. */
export const locksOfScope = (id: ThreadId, scope: RedactScope): ThreadId[] =>
  [
    ...new Set([
      id,
      ...scope.owners,
      ...scope.rows.map((row) => row.threadId),
      ...scope.values.threadIds,
    ]),
  ].sort()

/** A base may be scheduled for deletion, and is redacted all the same. A dead or parked one cannot be. */
async function requireOwners(
  context: StoreContext,
  owners: readonly ThreadId[],
): Promise<ThreadState[]> {
  const states: ThreadState[] = []
  for (const owner of owners) {
    refuseDead(context, owner)
    const state = await context.threads.load(owner)
    refuseDead(context, owner)
    if (!state || state.unavailable) {
      throw new StoreError(
        'THREAD_UNAVAILABLE',
        `thread ${owner}, which has the lines, is parked`,
        {
          cause: state?.unavailable,
          retryable: true,
          detail: { threadId: owner },
        },
      )
    }
    states.push(state)
  }
  return states
}

async function changedRows(
  context: StoreContext,
  holders: readonly ThreadId[],
  readers: readonly ThreadId[],
  found: FoundLines,
): Promise<{ rows: ThreadRow[]; unnamed: ThreadId[] }> {
  const rows: ThreadRow[] = []
  const unnamed: ThreadId[] = []
  const owners = new Set<ThreadId>(found.targets.map((target) => target.threadId))
  for (const id of new Set([...holders, ...readers])) {
    const row = (await context.threads.load(id))?.row
    if (!row) continue
    const { name, preview } = row
    const losesName = name !== null && found.texts.include(name)
    const losesPreview =
      preview !== null && (found.previews.has(preview) || found.texts.include(preview))
    if (losesName) unnamed.push(id)
    if (!losesName && !losesPreview && !owners.has(id)) continue
    rows.push({
      ...row,
      name: losesName ? null : name,
      preview: losesPreview ? await previewWithout(context, row, found.targets) : preview,
      generation: owners.has(id) ? row.generation + 1 : row.generation,
      rollouts: await redactedRollouts(context, row, found.targets),
    })
  }
  return { rows, unnamed }
}

/** From the commit on a redacted rollout reads as it will be written, and its checksum is that of those bytes. */
async function redactedRollouts(
  context: StoreContext,
  row: ThreadRow,
  targets: readonly RedactTarget[],
): Promise<readonly RolloutRow[]> {
  const rollouts: RolloutRow[] = []
  for (const rollout of row.rollouts) {
    const target = targets.find(({ rolloutId }) => rolloutId === rollout.rolloutId)
    rollouts.push(target ? await redactedRollout(context, row, rollout, target) : rollout)
  }
  return rollouts
}

async function redactedRollout(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
  { spans }: RedactTarget,
): Promise<RolloutRow> {
  const source = await openRollout(context, row, rollout)
  try {
    const { firstOrdinal } = rollout
    const { maxLineBytes } = context.options
    const { patches } = await findPatches(source, { spans, firstOrdinal, maxLineBytes })
    return await resummed(
      rollout,
      patchedSource(source, () => patches),
    )
  } finally {
    await source.close()
  }
}

function planIdOf({ targets }: FoundLines): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify(targets.map(({ rolloutId, spans }) => [rolloutId, spans])))
  return hash.digest('hex').slice(0, 32)
}
