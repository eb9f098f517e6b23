// Other lines that hold some of a redacted text: Codex writes what a user says twice, once for people and once for the
// model, and whoever redacts one of them wants to hear of the other. A look at the beginning of the threads that have the
// lines, not a proof: a long thread is not read to its end for it.

import { readForward, type ThreadId } from '@cenotaph/rollout'
import type { StoreContext } from '../context.js'
import { openRollout } from '../reading/open-rollout.js'
import { spansHold } from './ordinal-spans.js'
import type { FoundLines } from './redact-lines.js'

export interface RepeatedLine {
  readonly threadId: ThreadId
  readonly ordinal: number
}

const LINES_MAX = 100
/** Of each rollout. */
const LOOKED_BYTES_MAX = 64 * 1024 * 1024

export async function repeatedLines(
  context: StoreContext,
  owners: readonly ThreadId[],
  { targets, texts }: FoundLines,
): Promise<RepeatedLine[]> {
  const found: RepeatedLine[] = []
  for (const threadId of owners) {
    const row = (await context.threads.load(threadId))?.row
    for (const rollout of row?.rollouts ?? []) {
      const { firstOrdinal, rolloutId } = rollout
      const spans = targets.find((target) => target.rolloutId === rolloutId)?.spans ?? []
      const source = await openRollout(context, row!, rollout)
      try {
        const { maxLineBytes } = context.options
        for await (const line of readForward(source, { firstOrdinal, maxLineBytes })) {
          const { ordinal, bytes, offset } = line
          if (found.length === LINES_MAX) return found
          if (offset > LOOKED_BYTES_MAX) break
          if (!spansHold(spans, ordinal) && texts.areRepeatedIn(bytes))
            found.push({ threadId, ordinal })
        }
      } finally {
        await source.close()
      }
    }
  }
  return found
}
