// Probes: pieces of the threads' own bytes, taken before anything is erased and kept in memory only. After the
// erasure they are looked for in every file that may hold them. A probe has 32 bytes or more; one that holds the
// thread's id can belong to nobody else, and one that a living thread holds too is counted as shared.

import type { ThreadId } from '@cenotaph/rollout'
import { isStoreError } from '@cenotaph/storage'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import { rowKey, type ThreadRow, threadRange } from '../threads/thread-row.js'

const PROBE_BYTES = 48
const PROBE_BYTES_MIN = 32
/** Windows taken from one rollout, evenly spread; more threads take fewer each. */
const WINDOWS_MAX = 64
const PROBES_MAX = 20_000

export type Probe = Uint8Array

export async function takeProbes(
  context: StoreContext,
  rows: readonly ThreadRow[],
): Promise<Probe[]> {
  const perThread = Math.max(4, Math.min(WINDOWS_MAX, Math.floor(PROBES_MAX / rows.length)))
  const probes = new Map<string, Probe>()
  const add = (bytes: Uint8Array): void => {
    if (bytes.length >= PROBE_BYTES_MIN && !isMonotonous(bytes)) {
      probes.set(Buffer.from(bytes).toString('latin1'), Buffer.from(bytes))
    }
  }
  for (const row of rows) {
    await takeFromRollouts(context, row, perThread, add)
    await takeFromValues(context, row.threadId, add)
  }
  return [...probes.values()]
}

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
        const step = Math.max(PROBE_BYTES, Math.floor(source.size / windows))
        for (let offset = 0; offset < source.size; offset += step) {
          add(await source.read(offset, PROBE_BYTES))
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
  id: ThreadId,
  add: (bytes: Uint8Array) => void,
): Promise<void> {
  const { from, to } = threadRange(id)
  const page = await context.journal.page({ gte: from, lt: to })
  for (const [key, body] of page.entries) {
    const middle = Math.max(0, Math.floor((body.length - PROBE_BYTES) / 2))
    add(body.subarray(middle, middle + PROBE_BYTES))
    if (key === rowKey(id)) {
      const { name, preview, cwd } = JSON.parse(Buffer.from(body).toString()) as ThreadRow
      for (const text of [name, preview, cwd]) {
        if (text) add(Buffer.from(JSON.stringify(text).slice(1, -1)).subarray(0, 4 * PROBE_BYTES))
      }
    }
  }
}
