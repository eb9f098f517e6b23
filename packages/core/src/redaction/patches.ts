// Redacted lines as patches of their rollout: where a record lies, and what stands there instead, in the same length.
// A source with patches reads as if it were redacted already. So the same thing hides a line from the commit on and
// makes the file that replaces the old one.

import { type RolloutSource, readForward, redactRecord } from '@cenotaph/rollout'
import { type OrdinalSpan, spansHold } from './ordinal-spans.js'

export interface Patch {
  /** Uncompressed bytes. */
  readonly offset: number
  readonly length: number
  /** What stands before the spaces and the final brace. */
  readonly head: Uint8Array
}

const SPACE = 0x20
const BRACE = 0x7d

export function patchOf(line: { readonly offset: number; readonly bytes: Uint8Array }): Patch {
  const redacted = redactRecord(line.bytes)
  let end = redacted.length - 1
  while (redacted[end - 1] === SPACE) end -= 1
  return {
    offset: line.offset,
    length: redacted.length,
    head: Buffer.from(redacted.subarray(0, end)),
  }
}

/** Patches of both, in rising order; those of a line that is in both are the same. */
export function joinPatches(one: readonly Patch[], other: readonly Patch[]): readonly Patch[] {
  const patches = new Map([...one, ...other].map((patch) => [patch.offset, patch]))
  return [...patches.values()].sort((a, b) => a.offset - b.offset)
}

export interface FoundPatches {
  readonly patches: readonly Patch[]
  /** Lines that are not as their patch yet. */
  readonly unredacted: number
  /** The last of the ordinals was met: no longer source has more of them. */
  readonly reached: boolean
}

/** The patches of the lines with these ordinals. A session_meta line is never one of them. */
export async function findPatches(
  source: RolloutSource,
  options: {
    readonly spans: readonly OrdinalSpan[]
    readonly firstOrdinal: number
    readonly maxLineBytes: number
  },
): Promise<FoundPatches> {
  const { spans, firstOrdinal, maxLineBytes } = options
  const patches: Patch[] = []
  let unredacted = 0
  let reached = false
  for await (const line of readForward(source, { firstOrdinal, maxLineBytes })) {
    if (line.ordinal === spans.at(-1)?.to) reached = true
    if (line.type === 'session_meta' || !spansHold(spans, line.ordinal)) continue
    const patch = patchOf(line)
    patches.push(patch)
    if (Buffer.compare(line.bytes, patched(line.bytes, line.offset, [patch])) !== 0) unredacted += 1
  }
  return { patches, unredacted, reached }
}

export type PatchesNow = readonly Patch[] | undefined

/** The source as it reads with the patches that there are at the time of each read. */
export function patchedSource(
  source: RolloutSource,
  patchesNow: () => PatchesNow | Promise<PatchesNow>,
): RolloutSource {
  return {
    size: source.size,
    ...(source.sequential === undefined ? {} : { sequential: source.sequential }),
    async read(offset, length) {
      const bytes = await source.read(offset, length)
      const now = patchesNow()
      const patches = now instanceof Promise ? await now : now
      return patches === undefined ? bytes : patched(bytes, offset, patches)
    },
    close: () => source.close(),
  }
}

/** `bytes` lie at `offset`; they are copied where a patch meets them. Patches are in rising order. */
function patched(bytes: Uint8Array, offset: number, patches: readonly Patch[]): Uint8Array {
  const end = offset + bytes.length
  let low = 0
  let high = patches.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const { offset: at, length } = patches[middle]!
    if (at + length <= offset) low = middle + 1
    else high = middle
  }
  let copy: Uint8Array | undefined
  for (let index = low; index < patches.length && patches[index]!.offset < end; index += 1) {
    copy ??= Buffer.from(bytes)
    put(copy, offset, patches[index]!)
  }
  return copy ?? bytes
}

function put(bytes: Uint8Array, offset: number, patch: Patch): void {
  const from = Math.max(patch.offset, offset)
  const to = Math.min(patch.offset + patch.length, offset + bytes.length)
  bytes.fill(SPACE, from - offset, to - offset)
  const headEnd = Math.min(to, patch.offset + patch.head.length)
  if (headEnd > from) {
    bytes.set(patch.head.subarray(from - patch.offset, headEnd - patch.offset), from - offset)
  }
  const brace = patch.offset + patch.length - 1
  if (brace >= from && brace < to) bytes[brace - offset] = BRACE
}
