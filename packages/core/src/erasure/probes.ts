// Probes: pieces of the threads' own bytes, taken before anything is erased and kept in memory only. After the
// erasure they are looked for in every file that may hold them. A probe has 32 bytes or more; one that holds the
// thread's id can belong to nobody else, and one that a living thread holds too is counted as shared.

import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { forEachOf } from '../for-each-of.js'
import { mapInPieces } from '../in-pieces.js'
import { openRollout } from '../reading/open-rollout.js'
import { decodeRow, type ThreadRow } from '../threads/thread-row.js'
import { threadRanges } from './scrub.js'

const PROBE_BYTES = 48
const PROBE_BYTES_MIN = 32
/** Windows taken from one rollout, evenly spread; more threads take fewer each. */
const WINDOWS_MAX = 64
const PROBES_MAX = 20_000
/** Rollouts that are open at once: two of the pool's four threads stay free for whoever appends meanwhile. */
const AT_ONCE_MAX = 2
/** A rollout of so many bytes is read in one piece, which costs less than a call for each window. */
const WHOLE_MAX = 16 * 1024
/** Values that are in memory at once. */
const VALUES_MAX = 16

export type Probe = Uint8Array

export async function takeProbes(
  context: StoreContext,
  rows: readonly ThreadRow[],
): Promise<Probe[]> {
  const perThread = Math.max(4, Math.min(WINDOWS_MAX, Math.floor(PROBES_MAX / rows.length)))
  const probes = new Map<string, Probe>()
  const add = (bytes: Uint8Array): void => {
    // Of one length where they can be, so that one pass over a file finds all.
    const length = bytes.length >= PROBE_BYTES ? PROBE_BYTES : PROBE_BYTES_MIN
    if (bytes.length < length || isMonotonous(bytes)) return
    const probe = Buffer.from(bytes.subarray(0, length))
    const text = probe.toString('latin1')
    if (!pieceOfId.test(text)) probes.set(text, probe)
  }
  await forEachOf(rows, AT_ONCE_MAX, (row) => takeFromRollouts(context, row, perThread, add))
  await takeFromValues(context, rows, add)
  return [...probes.values()]
}

/**
 * Ids stay, in tombstones, receipts and keys. A thread may be called by one or say one, and a window that lies in it
 * may begin at any of its first places.
 */
const pieceOfId = /^[0-9a-f]{4,8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{8,12}$/i

/** A run of one or two byte values (padding, dots) is nobody's own. */
const isMonotonous = (bytes: Uint8Array): boolean => new Set(bytes).size < 8

async function takeFromRollouts(
  context: StoreContext,
  row: ThreadRow,
  windows: number,
  add: (bytes: Uint8Array) => void,
): Promise<void> {
  for (const rollout of row.rollouts) {
    try {
      const source = await openRollout(context, row, rollout)
      try {
        const step = Math.max(PROBE_BYTES, Math.ceil(source.size / windows))
        const whole = source.size <= WHOLE_MAX ? await source.read(0, source.size) : undefined
        for (let offset = 0; offset < source.size; offset += step) {
          const end = offset + PROBE_BYTES
          add(whole?.subarray(offset, end) ?? (await source.read(offset, PROBE_BYTES)))
        }
      } finally {
        await source.close()
      }
    } catch (error) {
      // A rollout that cannot be read can still be deleted; what it held is probed by its values alone.
      if (!isStoreError(error)) throw error
    }
  }
}

/** Name, directory, preview and event payloads: the middle of each value, and each text of the row. */
async function takeFromValues(
  context: StoreContext,
  rows: readonly ThreadRow[],
  add: (bytes: Uint8Array) => void,
): Promise<void> {
  const ids = await mapInPieces(rows, ({ threadId }) => threadId)
  for await (const keys of context.journal.keysIn(await threadRanges(ids))) {
    for (let start = 0; start < keys.length; start += VALUES_MAX) {
      const some = keys.slice(start, start + VALUES_MAX)
      const bodies = await context.journal.getMany(some)
      for (const [index, body] of bodies.entries()) if (body) takeFromValue(some[index]!, body, add)
    }
  }
}

function takeFromValue(key: string, body: Uint8Array, add: (bytes: Uint8Array) => void): void {
  const middle = Math.max(0, Math.floor((body.length - PROBE_BYTES) / 2))
  add(body.subarray(middle))
  if (!key.endsWith('/row')) return
  const { name, preview, cwd } = decodeRow(body)
  for (const text of [name, preview, cwd]) {
    const bytes = Buffer.from(JSON.stringify(text ?? '').slice(1, -1)).subarray(0, 4 * PROBE_BYTES)
    for (let start = 0; start < bytes.length; start += PROBE_BYTES) add(bytes.subarray(start))
  }
}
