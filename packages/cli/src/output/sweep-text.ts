// A sweep for people: what has gone, what is left to do, and what nobody has confirmed.

import type { SweepResult } from '@cenotaph/core'
import type { Colours } from './colours.js'
import { pendingText, receiptText, shownMax } from './deletion-text.js'
import { countText } from './units.js'

export function sweepText(result: SweepResult, colours: Colours): string {
  const { receipts, pending, unconfirmed } = result
  const lines = receipts.map((receipt) => receiptText(receipt, colours))
  if (pending.length > 0) lines.push(['Pending:', ...pendingText(result)].join('\n'))
  if (unconfirmed.length > 0) {
    lines.push(
      [
        `Not deleted, because the clock of this machine has jumped ahead: ${countText(unconfirmed.length, 'thread')}.`,
        ...unconfirmed
          .slice(0, shownMax)
          .map(({ threadId, deleteAfter }) => `  ${threadId}  ${deleteAfter}`),
        'If the clock is right: `cenotaph sweep --confirm-clock`.',
      ].join('\n'),
    )
  }
  return lines.length === 0 ? 'Nothing was pending or due.' : lines.join('\n\n')
}
