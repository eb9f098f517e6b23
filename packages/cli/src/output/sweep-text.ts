// A sweep for people: what has gone, what is left to do, and what nobody has confirmed.

import type { SweepResult } from '@cenotaph/core'
import type { Colours } from './colours.js'
import { pendingText, receiptText, shownMax } from './deletion-text.js'
import { escapeText } from './escape.js'
import { countText, sizeText } from './units.js'

export function sweepText(result: SweepResult, colours: Colours): string {
  const { receipts, pending, unconfirmed, residue } = result
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
  if (residue && residue.problems.length > 0) {
    lines.push(
      [
        `The weekly search of ${countText(residue.files, 'file')} found ${countText(residue.problems.length, 'problem')}: traces of deleted threads, or damage. \`cenotaph verify --residue\` tells them again.`,
        ...residue.problems
          .slice(0, shownMax)
          .map(({ code, detail }) => `  ${code} ${escapeText(detail)}`),
      ].join('\n'),
    )
  } else if (residue) {
    lines.push(
      `The weekly search found nothing of deleted threads in ${countText(residue.files, 'file')} (${sizeText(residue.bytes)}).`,
    )
  }
  return lines.length === 0 ? 'Nothing was pending or due.' : lines.join('\n\n')
}
