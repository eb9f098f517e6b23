// The preview that a fork by reference shares with its base. It comes from the lines that the fork inherits and from
// no later one: the fork outlives its base, and would otherwise keep words that are deleted with it.

import type { History } from '@cenotaph/rollout'
import { previewOfLines } from '../append/prepared-lines.js'

/** `preview` is the base's. Reads no further than the line that it comes from. */
export async function inheritedPreview(
  history: History,
  endOrdinal: number,
  preview: string | null,
): Promise<string | null> {
  if (preview === null) return null
  let fallback: string | undefined
  for await (const line of history.forward({ toOrdinal: endOrdinal })) {
    const text = previewOfLines([line])
    if (text === undefined) continue
    // What the user said in an event comes before what is said to the model in the user's name.
    if (text === preview || line.type === 'event_msg') return text
    fallback ??= text
  }
  return fallback ?? null
}
