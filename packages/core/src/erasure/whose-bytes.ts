// Whose the bytes are in which a probe was found. A probe is a piece of what dying threads held, and others may hold the
// same piece: in a value that lives, in one that was written over and is not erased yet, in an append group that a
// checkpoint has trimmed, in a file that is being staged. None of that is residue, and none of it may hide residue: a
// piece that is left of a dying thread is told, whoever else has it too.
//
//   values of LevelDB    belong to the thread under whose prefix they are; those of append groups, part by part
//   other keys           are nobody's: what they hold now may stay, what they held before may not
//   staged files         belong to the operation that is at work, and quarantined pieces to those whom their report names
//   receipts             hold what their caller gave as a reason, and stay
//
// Whatever cannot be traced counts as the dying threads' own.

import path from 'node:path'
import {
  type GroupPart,
  holdsEntries,
  indexProbes,
  type KeyRange,
  levelEntries,
  meetsAny,
  type ProbeIndex,
  partsOfGroup,
} from '@cenotaph/journal'
import { breathe } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { isReceiptName } from '../proof/index.js'
import { ownerOfKey } from '../threads/thread-row.js'
import type { Probe } from './probes.js'
import { listQuarantine } from './quarantine.js'

/** Whether an id is one of the threads that the probes were taken from. */
export type IsOwn = (id: string) => boolean

/** Bytes of values that are looked at before other work gets a turn, and values read at once. */
const LOOKED_MAX = 64 * 1024
const VALUES_MAX = 16

interface Findings {
  /** Indexes of probes that the file holds somewhere. */
  readonly hits: readonly number[]
  readonly probes: readonly Probe[]
  readonly isOwn: IsOwn
  /** Where bytes of those threads may be, or of nobody; merged. */
  readonly ranges: readonly KeyRange[]
}

/**
 * Asks whose a file outside of LevelDB is. Call it before the file is read; what it gives, after: true where the file
 * was others' at one of the two moments, or is gone.
 */
export async function othersFiles(
  context: StoreContext,
  file: string,
  isOwn: IsOwn,
): Promise<() => Promise<boolean>> {
  const { layout, disk } = context
  const folder = path.dirname(file)
  if (folder === layout.levelFolder) return async () => false
  const ask = async (): Promise<boolean> => {
    if (folder === layout.stagingFolder) return isStagedByOthers(context, file, isOwn)
    if (folder === layout.quarantineFolder) return isPieceOfOthers(context, file, isOwn)
    return folder === layout.receiptsFolder && isReceiptName(path.basename(file))
  }
  const before = await ask()
  return async () => before || (await ask()) || !(await disk.stat(file))
}

/**
 * Of an operation that is before its commit the locks say that it is about none of the threads that are locked here.
 */
function isStagedByOthers(context: StoreContext, file: string, isOwn: IsOwn): boolean {
  const owner = context.replacements.ownerOfStaged(file)
  if (owner !== undefined) return !isOwn(owner)
  const operationId = path.basename(file).split('-')[0]!
  const open = context.openOperations.get(operationId)
  if (!open) return context.journal.isUnderWay(operationId)
  return open.threadIds.length > 0 && !open.threadIds.some(isOwn)
}

async function isPieceOfOthers(
  context: StoreContext,
  file: string,
  isOwn: IsOwn,
): Promise<boolean> {
  const piece = (await listQuarantine(context)).find(({ names }) => names.includes(file))
  const owners = piece?.report?.owners ?? []
  return owners.length > 0 && !owners.some(isOwn)
}

/**
 * Those of the hits that lie in bytes which are not others'; undefined where the file is gone, and what it held is in the
 * table that took its place.
 */
export async function ownFindings(
  context: StoreContext,
  file: string,
  { hits, probes, isOwn, ranges }: Findings,
): Promise<readonly number[] | undefined> {
  const name = path.basename(file)
  if (!holdsEntries(name)) return hits
  // A record that was being written when the log was read is whole in it now.
  if (name.endsWith('.log')) await context.journal.written()
  const index = await indexProbes(hits.map((probe) => probes[probe]!))
  const { traced, suspects } = await traceEntries(context, file, index, { hits, isOwn, ranges })
  const own = await notCurrent(context, index, suspects)
  if (traced.size < hits.length) {
    if (!(await context.disk.stat(file))) return undefined
    for (const at of hits.keys()) if (!traced.has(at)) own.add(at)
  }
  return [...own].map((at) => hits[at]!)
}

/** Keys under which something was found that is not others', with what. */
type Suspects = Map<string, Set<number>>

async function traceEntries(
  context: StoreContext,
  file: string,
  index: ProbeIndex,
  { hits, isOwn, ranges }: Omit<Findings, 'probes'>,
): Promise<{ traced: ReadonlySet<number>; suspects: Suspects }> {
  const others = index.begin()
  const suspects: Suspects = new Map()
  const traced = new Set<number>()
  const pace = pacer()
  // Once each piece was seen in others' bytes, more of those tell nothing new.
  const tellsNothing = () => traced.size === hits.length
  const wanted = (from: string, to: string, block: Uint8Array): boolean => {
    if (tellsNothing() && isOthersAlone(from, to, ranges)) return false
    const search = index.begin()
    search.look(block)
    return search.found().length > 0
  }
  for await (const { key, value } of levelEntries(context.disk, file, wanted)) {
    if (value === undefined) continue
    for (const { isOthers, bytes } of runsOf(key, value, isOwn)) {
      if (isOthers && tellsNothing()) continue
      const search = isOthers ? others : index.begin()
      for (const piece of piecesOf(bytes, index)) {
        search.look(piece)
        await pace(piece.length)
      }
      if (isOthers) for (const at of others.found()) traced.add(at)
      const found = isOthers ? [] : search.found()
      if (found.length === 0) continue
      const known = suspects.get(key) ?? new Set()
      suspects.set(key, known)
      for (const at of found) {
        known.add(at)
        traced.add(at)
      }
    }
  }
  return { traced, suspects }
}

/** Whether every key of a block is a thread's, and none of those that die. */
const isOthersAlone = (from: string, to: string, ranges: readonly KeyRange[]): boolean =>
  from >= 't/' && to < 't0' && !meetsAny({ from, to }, ranges)

interface Run {
  readonly isOthers: boolean
  readonly bytes: Uint8Array
}

/** A value in the pieces that belong together: neighbours in a group are one piece where all of it is others'. */
function runsOf(key: string, value: Uint8Array, isOwn: IsOwn): readonly Run[] {
  const owner = ownerOfKey(key)
  if (owner !== undefined) return [{ isOthers: !isOwn(owner), bytes: value }]
  const parts: readonly GroupPart[] = partsOfGroup(key, value)
  const isOthers = parts.length > 0 && !parts.some(({ subject }) => isOwn(subject))
  if (isOthers || parts.length === 0) return [{ isOthers, bytes: value }]
  return parts.map(({ subject, bytes }) => ({ isOthers: !isOwn(subject), bytes }))
}

/** What of the suspects is not in the value that the key has now. */
async function notCurrent(
  context: StoreContext,
  index: ProbeIndex,
  suspects: Suspects,
): Promise<Set<number>> {
  const left = new Set<number>()
  const keys = [...suspects.keys()]
  const pace = pacer()
  for (let start = 0; start < keys.length; start += VALUES_MAX) {
    const some = keys.slice(start, start + VALUES_MAX)
    const bodies = await context.journal.getMany(some)
    for (const [at, key] of some.entries()) {
      const search = index.begin()
      for (const piece of piecesOf(bodies[at] ?? new Uint8Array(0), index)) {
        search.look(piece)
        await pace(piece.length)
      }
      const current = new Set(search.found())
      for (const found of suspects.get(key)!) if (!current.has(found)) left.add(found)
    }
  }
  return left
}

/** Overlapping by one byte less than the longest probe. */
function* piecesOf(bytes: Uint8Array, { longestBytes }: ProbeIndex): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += LOOKED_MAX)
    yield bytes.subarray(start, start + LOOKED_MAX + longestBytes - 1)
}

function pacer(): (bytes: number) => Promise<void> {
  let looked = 0
  return async (bytes) => {
    looked += bytes
    if (looked < LOOKED_MAX) return
    looked = 0
    await breathe()
  }
}
