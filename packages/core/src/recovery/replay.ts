// Replay: what the journal holds is written into the rollouts again. Records of other generations and of the dead are
// skipped; places are resolved by thread, never by a stored path. One bad thread parks itself and its records are
// carried forward; the store still opens.
//
// Bytes behind the committed length are cut only inside a reserve that has no commit. Anything else there is
// evidence: of a foreign writer, or of a journal that was lost. It parks the threads that are in flight.

import { crc32 } from 'node:zlib'
import {
  type GroupRecord,
  isInline,
  type Reservation,
  type ReservedSection,
  type Section,
} from '@cenotaph/journal'
import {
  memorySource,
  openPlainSource,
  parseThreadId,
  type RolloutLine,
  readForward,
} from '@cenotaph/rollout'
import { type DiskFile, isStoreError, StoreError } from '@cenotaph/storage'
import { advanceRow, noteUnrecorded } from '../append/advance.js'
import { decodeTag, IdempotencyKeys, keysKey } from '../append/idempotency.js'
import { previewOfLines } from '../append/prepared-lines.js'
import { sizeError } from '../append/rollout-writers.js'
import type { StoreContext } from '../context.js'
import { currentRollout } from '../threads/thread-row.js'
import { type ThreadState, tailOf } from '../threads/thread-state.js'

/** Replays all groups. Nothing is made durable here: the groups stay until the next checkpoint. */
export async function replay(context: StoreContext, groups: readonly GroupRecord[]): Promise<void> {
  const reserves = new Map<ThreadState, Reservation>()
  const met = new Set<ThreadState>()
  for (const { sequence, sections, reserves: reserved } of groups) {
    for (const reserve of reserved) {
      const state = await stateOf(context, reserve)
      if (!state) continue
      met.add(state)
      state.lastSequence = sequence
      reserves.set(state, reserve)
    }
    for (const section of sections) {
      const state = await stateOf(context, section)
      if (!state) continue
      met.add(state)
      state.lastSequence = sequence
      reserves.delete(state)
      await replaySection(context, state, section)
    }
  }
  for (const [state, reserve] of reserves) await cutReserve(context, state, reserve)
  for (const state of met) await parkBeforeEvidence(context, state)
}

/**
 * Bytes that no record vouches for, behind lines that the journal held a moment ago: the records behind these may be
 * lost, or another program wrote. The thread takes nothing more until somebody has looked; the rest of the store is not
 * read for it.
 */
async function parkBeforeEvidence(context: StoreContext, state: ThreadState): Promise<void> {
  const { fileName, bytes, compressed } = currentRollout(state.row)
  if (state.unavailable || compressed) return
  const { archived } = state.row
  const stat = await context.disk.stat(context.layout.rolloutPath({ archived, fileName }))
  if (stat && stat.bytes > bytes) state.unavailable = sizeError(state, stat.bytes, bytes)
}

/** The thread that a record belongs to; undefined where the record is not to be replayed. */
async function stateOf(
  context: StoreContext,
  { subject, generation }: { readonly subject: string; readonly generation: number },
): Promise<ThreadState | undefined> {
  const id = parseThreadId(subject)
  if (!id || context.dead.has(id)) return undefined
  const state = await context.threads.load(id)
  if (!state) {
    throw new StoreError('JOURNAL_GAP', 'a journal record has no thread', {
      detail: { reason: 'row-missing', threadId: id },
    })
  }
  return state.row.generation === generation ? state : undefined
}

/** Writes one section, unless the thread is parked: then it is carried forward. */
export async function replaySection(
  context: StoreContext,
  state: ThreadState,
  section: Section | ReservedSection,
): Promise<void> {
  // A reserve that was withdrawn: its commit says that there is nothing in it.
  if (section.count === 0) return
  try {
    if (state.unavailable) throw state.unavailable
    const bytes = await writeSection(context, state, section)
    await advance(context, state, section, bytes)
  } catch (error) {
    if (!isStoreError(error) || context.journal.failure) throw error
    state.unavailable = error
    state.carried.push(section)
  }
}

async function writeSection(
  context: StoreContext,
  state: ThreadState,
  section: Section | ReservedSection,
): Promise<Uint8Array> {
  const { fileName } = currentRollout(state.row)
  const path = context.layout.rolloutPath({ archived: state.row.archived, fileName })
  const file = await context.disk.openWrite(path)
  if (!file) {
    throw new StoreError('ROLLOUT_NOT_FOUND', `the rollout of ${state.threadId} is gone`, {
      detail: { threadId: state.threadId },
    })
  }
  try {
    return isInline(section)
      ? await writeInline(file, state, section)
      : await checkReference(file, state, section)
  } finally {
    try {
      // What was written is made durable by the checkpoint that follows replay; see open-context.ts.
      await file.sync()
    } finally {
      await file.close()
    }
  }
}

async function writeInline(
  file: DiskFile,
  state: ThreadState,
  { offset, bytes }: Section,
): Promise<Uint8Array> {
  const size = await file.size()
  if (size < offset) throw short(state, size, offset)
  refuseForeign(state, await file.read(offset, bytes.length), bytes)
  await file.write(offset, bytes)
  return bytes
}

/**
 * A crash leaves parts of our own lines, and zeros where nothing was written. Any other byte is somebody else's, even
 * one of half a line: that line may be longer than ours.
 */
function refuseForeign(state: ThreadState, present: Uint8Array, ours: Uint8Array): void {
  if (Buffer.compare(present, ours.subarray(0, present.length)) === 0) return
  if (present.every((byte, index) => byte === 0 || byte === ours[index])) return
  throw new StoreError('ROLLOUT_CHANGED', 'another program wrote to this rollout', {
    detail: { threadId: state.threadId },
  })
}

async function checkReference(
  file: DiskFile,
  state: ThreadState,
  { offset, length, crc }: ReservedSection,
): Promise<Uint8Array> {
  const bytes = await file.read(offset, length)
  if (bytes.length < length) throw short(state, offset + bytes.length, offset + length)
  if (crc32(bytes) === crc) return bytes
  throw new StoreError('ROLLOUT_DAMAGED', 'committed bytes have changed', {
    detail: { threadId: state.threadId, offset, length },
  })
}

const short = (state: ThreadState, bytes: number, committedBytes: number): StoreError =>
  new StoreError('ROLLOUT_SHORT', 'the rollout is shorter than what was committed', {
    detail: { threadId: state.threadId, bytes, committedBytes },
  })

/** Brings the row up to date, unless it was written after this section was committed. */
async function advance(
  context: StoreContext,
  state: ThreadState,
  section: Section | ReservedSection,
  bytes: Uint8Array,
): Promise<void> {
  const { offset, first, count, tag } = section
  // A row that was written with these lines was written in one batch with their event.
  if (offset + bytes.length > currentRollout(state.row).bytes) {
    noteUnrecorded(state, { bytes, first, count })
    const facts = await factsOf(bytes, state.row.preview === null)
    state.row = advanceRow(state.row, { bytes, first, count, ...facts })
    state.tail = tailOf(state.row)
  }
  if (tag) {
    state.keys ??= IdempotencyKeys.decode(await context.journal.get(keysKey(state.threadId)))
    state.keys.add(decodeTag(tag), context.journal.storeTimeMs())
  }
}

async function factsOf(
  bytes: Uint8Array,
  needsPreview: boolean,
): Promise<{ updatedAt: number; preview: string | undefined }> {
  let updatedAt = 0
  const lines: RolloutLine[] = []
  for await (const line of readForward(memorySource(bytes))) {
    const at = Date.parse(line.timestamp ?? '')
    if (Number.isFinite(at)) updatedAt = Math.max(updatedAt, at)
    if (needsPreview) lines.push(line)
  }
  return { updatedAt, preview: previewOfLines(lines) }
}

/** A reserve without a commit never happened; what lies in it may be anything. */
async function cutReserve(
  context: StoreContext,
  state: ThreadState,
  { offset, length }: Reservation,
): Promise<void> {
  const { fileName, bytes } = currentRollout(state.row)
  if (offset !== bytes) return
  const path = context.layout.rolloutPath({ archived: state.row.archived, fileName })
  const file = await context.disk.openWrite(path)
  if (!file) return
  try {
    const size = await file.size()
    if (size <= offset || size > offset + length) return
    await file.truncate(offset)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Bytes behind the committed length, for repair and verify. */
export async function tailBehind(context: StoreContext, state: ThreadState): Promise<Uint8Array> {
  const { fileName, bytes } = currentRollout(state.row)
  const path = context.layout.rolloutPath({ archived: state.row.archived, fileName })
  const source = await openPlainSource(context.disk, path)
  if (!source) return new Uint8Array(0)
  try {
    return await source.read(bytes, Math.max(0, source.size - bytes))
  } finally {
    await source.close()
  }
}
