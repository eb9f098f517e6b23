// The key ranges of the journal in which no key lives: trimmed groups, and the gaps between open intents.

import { GROUP_PREFIX, groupKey, INTENT_PREFIX, type OperationId } from './keys.js'
import type { KeyRange } from './tables.js'

export function trimmedRanges(state: {
  readonly deletedThrough: number
  readonly meta: { readonly lastOperationId: OperationId | undefined }
  openIntentIds(): readonly OperationId[]
}): readonly KeyRange[] {
  const ranges: KeyRange[] = []
  if (state.deletedThrough > 0)
    ranges.push({ from: GROUP_PREFIX, to: groupKey(state.deletedThrough) })
  const { lastOperationId } = state.meta
  if (lastOperationId === undefined) return ranges
  let from = INTENT_PREFIX
  for (const id of state.openIntentIds()) {
    ranges.push({ from, to: justBelow(id) })
    from = justAbove(id)
  }
  // Later intents get greater ids, so one that is being opened meanwhile lies above this range.
  ranges.push({ from, to: justAbove(lastOperationId) })
  return ranges.filter((range) => range.from < range.to)
}

/** Above the id's own key, and below that of every greater id: '!' sorts before every digit. */
const justAbove = (id: OperationId): string => `${INTENT_PREFIX}${id}!`

/** Below the id's own key, and above that of every smaller id: '~' sorts behind every digit. */
function justBelow(id: OperationId): string {
  const last = id.charCodeAt(id.length - 1)
  return `${INTENT_PREFIX}${id.slice(0, -1)}${String.fromCharCode(last - 1)}~`
}
