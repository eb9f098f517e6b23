// Other lines that hold some of a redacted text: Codex writes what a user says twice, once for people and once for the
// model, and whoever redacts one of them wants to hear of the other. A look, not a proof: some pieces of the text are
// searched for in the threads that have the lines.

import { readForward, type ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import { spansHold } from './ordinal-spans.js'
import type { FoundLines } from './redact-lines.js'

export interface RepeatedLine {
  readonly threadId: ThreadId
  readonly ordinal: number
}

const PIECES_MAX = 16
const LINES_MAX = 100

export async function repeatedLines(
  context: StoreContext,
  owners: readonly ThreadId[],
  { targets, probes }: FoundLines,
): Promise<RepeatedLine[]> {
  const all = probes.all
  const step = Math.max(1, Math.floor(all.length / PIECES_MAX))
  const pieces = all.filter((_, index) => index % step === 0).slice(0, PIECES_MAX)
  const found: RepeatedLine[] = []
  for (const threadId of owners) {
    const row = (await context.threads.load(threadId))?.row
    for (const rollout of row?.rollouts ?? []) {
      const { firstOrdinal, rolloutId } = rollout
      const spans = targets.find((target) => target.rolloutId === rolloutId)?.spans ?? []
      const source = await openRollout(context, row!, rollout)
      try {
        const { maxLineBytes } = context.options
        for await (const { ordinal, bytes } of readForward(source, {
          firstOrdinal,
          maxLineBytes,
        })) {
          if (found.length === LINES_MAX) return found
          if (spansHold(spans, ordinal)) continue
          const line = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
          if (pieces.some((piece) => line.includes(piece))) found.push({ threadId, ordinal })
        }
      } finally {
        await source.close()
      }
    }
  }
  return found
}
