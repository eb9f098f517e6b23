// The preview of a thread once some lines are redacted: the user's first words that are left.

import { fallbackUserTextOf, type RolloutLine, userTextOf } from '@cenotaph/rollout'
import { previewOfLines } from '../append/prepared-lines.js'
import type { StoreContext } from '../context.js'
import { openThreadHistory } from '../reading/open-rollout.js'
import type { ThreadRow } from '../threads/thread-row.js'
import { spansHold } from './ordinal-spans.js'
import type { RedactTarget } from './redact-lines.js'

/** What a preview would be that came from this line. */
export const previewTextOf = (line: RolloutLine): string | undefined =>
  userTextOf(line) === undefined && fallbackUserTextOf(line) === undefined
    ? undefined
    : previewOfLines([line])

export async function previewWithout(
  context: StoreContext,
  row: ThreadRow,
  targets: readonly RedactTarget[],
): Promise<string | null> {
  const spans = new Map(targets.map((target) => [target.rolloutId, target.spans]))
  const history = await openThreadHistory(context, row)
  let fallback: string | undefined
  try {
    const { maxLineBytes } = context.options
    for await (const line of history.forward({ maxLineBytes })) {
      if (spansHold(spans.get(line.rolloutId) ?? [], line.ordinal)) continue
      const text = previewTextOf(line)
      // What the user said in an event comes before what is said to the model in the user's name.
      if (text !== undefined && line.type === 'event_msg') return text
      fallback ??= text
    }
  } finally {
    await history.close()
  }
  return fallback ?? null
}
