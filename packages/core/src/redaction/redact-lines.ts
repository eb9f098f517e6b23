// The lines that a redaction names, found where they are: in the thread's own rollouts, or in that of the base that the
// thread inherits them from. Refuses what is not there and what carries identity or lineage.

import { createHash } from 'node:crypto'
import {
  isRedacted,
  type RolloutId,
  type RolloutLine,
  readForward,
  type ThreadId,
} from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openRollout, openThreadHistory } from '../reading/open-rollout.js'
import { ownerOf } from '../threads/relatives.js'
import type { RolloutRow, ThreadRow } from '../threads/thread-row.js'
import { type OrdinalSpan, spansHold, spansOf } from './ordinal-spans.js'
import { type Patch, patchOf } from './patches.js'
import { PayloadProbes } from './payload-probes.js'
import { previewTextOf } from './previews.js'
import { SecretTexts } from './secret-texts.js'

/** A line as a plan shows it: what it is, never what it says. */
export interface RedactedLine {
  readonly threadId: ThreadId
  readonly ordinal: number
  readonly type: string
  readonly payloadType: string | null
  readonly turnId: string | null
  /** Of the record, which keeps them. */
  readonly bytes: number
}

export interface RedactTarget {
  readonly threadId: ThreadId
  readonly rolloutId: RolloutId
  readonly spans: readonly OrdinalSpan[]
}

export interface FoundLines {
  readonly targets: readonly RedactTarget[]
  readonly patches: ReadonlyMap<RolloutId, readonly Patch[]>
  /** The first so many, for people. */
  readonly lines: readonly RedactedLine[]
  readonly count: number
  readonly bytes: number
  readonly texts: SecretTexts
  readonly probes: PayloadProbes
  /** Previews that come from one of the lines. */
  readonly previews: ReadonlySet<string>
  /** SHA-256 of each record, to know a copy of it. */
  readonly digests: ReadonlySet<string>
}

const LINES_SHOWN_MAX = 1_000
const ORDINALS_TOLD_MAX = 20

export const digestOfRecord = (record: Uint8Array): string =>
  createHash('sha256').update(record).digest('base64')

class Collector {
  readonly ordinals = new Map<RolloutId, { threadId: ThreadId; found: Map<number, number> }>()
  readonly patches = new Map<RolloutId, Patch[]>()
  readonly lines: RedactedLine[] = []
  readonly texts = new SecretTexts()
  readonly probes = new PayloadProbes()
  readonly previews = new Set<string>()
  readonly digests = new Set<string>()
  readonly met = new Set<number>()
  /** Ordinals that a session_meta line has; another rollout may have another line there. */
  readonly metas = new Set<number>()
  count = 0
  bytes = 0

  add(threadId: ThreadId, rolloutId: RolloutId, line: RolloutLine): void {
    if (line.type === 'session_meta') {
      this.metas.add(line.ordinal)
      return
    }
    this.met.add(line.ordinal)
    const place = this.ordinals.get(rolloutId) ?? { threadId, found: new Map() }
    this.ordinals.set(rolloutId, place)
    // Read twice where it is in the thread's history and in its own rollout.
    if (place.found.get(line.offset) !== undefined) return
    place.found.set(line.offset, line.ordinal)
    const patches = this.patches.get(rolloutId) ?? []
    patches.push(patchOf(line))
    this.patches.set(rolloutId, patches)
    this.#look(threadId, line)
  }

  #look(threadId: ThreadId, line: RolloutLine): void {
    const { ordinal, type, payloadType = null, bytes, value } = line
    this.count += 1
    this.bytes += bytes.length
    if (this.lines.length < LINES_SHOWN_MAX) {
      const turnId = (value.payload as { turn_id?: unknown } | null)?.turn_id
      this.lines.push({
        threadId,
        ordinal,
        type,
        payloadType,
        turnId: typeof turnId === 'string' ? turnId : null,
        bytes: bytes.length,
      })
    }
    // Of a line that is redacted already nothing is left that could be elsewhere.
    if (isRedacted(bytes)) return
    this.texts.addPayload(value.payload)
    this.probes.add(bytes, value.payload)
    const preview = previewTextOf(line)
    if (preview !== undefined) this.previews.add(preview)
    this.digests.add(digestOfRecord(bytes))
  }
}

/** @throws ORDINAL_NOT_FOUND, REDACTION_REFUSED */
export async function findLines(
  context: StoreContext,
  row: ThreadRow,
  spans: readonly OrdinalSpan[],
): Promise<FoundLines> {
  const collector = new Collector()
  await readInherited(context, row, spans, collector)
  // A reverted thread's earlier rollouts hold lines that its history no longer shows, under the same ordinals.
  for (const rollout of row.rollouts) await readOwn(context, row, rollout, spans, collector)
  refuseMissing(spans, collector)
  const { ordinals, patches, met: _met, metas: _metas, ...found } = collector
  for (const list of patches.values()) list.sort((a, b) => a.offset - b.offset)
  const targets = [...ordinals].map(([rolloutId, { threadId, found: places }]) => ({
    threadId,
    rolloutId,
    spans: spansOf(places.values()),
  }))
  targets.sort((a, b) => (a.rolloutId < b.rolloutId ? -1 : 1))
  return { ...found, patches, targets }
}

async function readInherited(
  context: StoreContext,
  row: ThreadRow,
  spans: readonly OrdinalSpan[],
  collector: Collector,
): Promise<void> {
  const own = new Set<string>(row.rollouts.map((rollout) => rollout.rolloutId))
  const owners = new Map<RolloutId, ThreadId>()
  const history = await openThreadHistory(context, row)
  try {
    for (const { from, to } of spans) {
      const options = {
        fromOrdinal: from,
        toOrdinal: to + 1,
        maxLineBytes: context.options.maxLineBytes,
      }
      for await (const line of history.forward(options)) {
        if (own.has(line.rolloutId) || !spansHold(spans, line.ordinal)) continue
        const owner = owners.get(line.rolloutId) ?? (await ownerOf(context, line.rolloutId))
        owners.set(line.rolloutId, owner)
        collector.add(owner, line.rolloutId, line)
      }
    }
  } finally {
    await history.close()
  }
}

async function readOwn(
  context: StoreContext,
  row: ThreadRow,
  rollout: RolloutRow,
  spans: readonly OrdinalSpan[],
  collector: Collector,
): Promise<void> {
  const { rolloutId, firstOrdinal, nextOrdinal } = rollout
  // The last ordinal is no bound where numbers of a damaged rollout fall back.
  if (row.damaged === 0 && !spans.some(({ from, to }) => from < nextOrdinal && to >= firstOrdinal))
    return
  const source = await openRollout(context, row, rollout)
  try {
    const { maxLineBytes } = context.options
    for await (const line of readForward(source, { firstOrdinal, maxLineBytes })) {
      if (spansHold(spans, line.ordinal)) collector.add(row.threadId, rolloutId, line)
    }
  } finally {
    await source.close()
  }
}

function refuseMissing(spans: readonly OrdinalSpan[], { met, metas }: Collector): void {
  const refused = [...metas].filter((ordinal) => !met.has(ordinal))
  if (refused.length > 0) {
    throw new StoreError(
      'REDACTION_REFUSED',
      'a session_meta line says who the thread is and what it continues, and cannot be redacted',
      { detail: { ordinals: told(refused), why: 'session-meta' } },
    )
  }
  const missing: number[] = []
  for (const { from, to } of spans) {
    for (let one = from; one <= to && missing.length < ORDINALS_TOLD_MAX; one += 1)
      if (!met.has(one)) missing.push(one)
  }
  if (missing.length === 0) return
  throw new StoreError('ORDINAL_NOT_FOUND', 'the thread has no line with this ordinal', {
    detail: { ordinals: missing },
  })
}

const told = (ordinals: number[]): number[] =>
  ordinals.sort((a, b) => a - b).slice(0, ORDINALS_TOLD_MAX)
