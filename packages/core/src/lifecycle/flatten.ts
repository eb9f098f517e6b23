// A history written out as one rollout of its own: for forks by copy, for forks that a deleted base leaves
// behind, and for exports. Inherited lines go byte for byte; every session_meta line of a base is replaced by the
// thread's own, at the same ordinal, so that nothing of the base's identity stays and no ordinal is missing.

import {
  encodeLine,
  type HistoryBase,
  type HistoryLine,
  type RolloutLine,
  rewriteSessionMeta,
} from '@cenotaph/rollout'

const newline = Buffer.from('\n')

/** A line as it is stored, with its newline. */
export const lineBytes = (line: Pick<RolloutLine, 'bytes'>): Uint8Array =>
  Buffer.concat([line.bytes, newline])

/** The thread's own session_meta at another ordinal. */
export function ownMeta(
  meta: Uint8Array,
  ordinal: number | null,
  base: HistoryBase | null,
): Uint8Array {
  return rewriteSessionMeta(meta, { ordinal, historyBase: base })
}

export interface FlattenOptions {
  /** The thread's own session_meta line, with its newline. */
  readonly meta: Uint8Array
  /** What the written rollout still refers to: a base that lives. Null: nothing. */
  readonly base: HistoryBase | null
  /** True where lines carry their ordinals. */
  readonly explicitOrdinals: boolean
  /** Ordinal of the first line that there is to inherit. Default 0. */
  readonly firstOrdinal?: number
}

/** Writes inherited lines behind the thread's own meta. Returns the ordinal that follows them. */
export async function writeInherited(
  lines: AsyncIterable<HistoryLine>,
  options: FlattenOptions,
  put: (bytes: Uint8Array) => Promise<void>,
): Promise<number> {
  const { meta, explicitOrdinals, firstOrdinal = 0 } = options
  let next = firstOrdinal
  let begun = false
  for await (const line of lines) {
    const ordinal = explicitOrdinals ? line.ordinal : null
    if (!begun) {
      begun = true
      // Where the first line cannot be read any more, its ordinal is free for the thread's own.
      const first =
        line.type === 'session_meta' ? line.ordinal : Math.min(firstOrdinal, line.ordinal)
      await put(ownMeta(meta, explicitOrdinals ? first : null, options.base))
      if (line.type === 'session_meta') {
        next = line.ordinal + 1
        continue
      }
    }
    await put(line.type === 'session_meta' ? ownMeta(meta, ordinal, null) : lineBytes(line))
    next = line.ordinal + 1
  }
  if (!begun) await put(ownMeta(meta, explicitOrdinals ? next : null, options.base))
  return next
}

/** Closes a turn that was open where a fork was cut, so that nobody waits for its end. */
export const interruption = (turnId: string, ordinal: number | null, atMs: number): Uint8Array =>
  encodeLine({
    timestamp: new Date(atMs).toISOString(),
    ordinal,
    type: 'event_msg',
    payload: JSON.stringify({ type: 'turn_aborted', turn_id: turnId, reason: 'interrupted' }),
  })
