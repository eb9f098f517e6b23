// A deletion for people: what would go, what has gone, what is left to do, and the receipt.

import type { DeleteResult, Receipt } from '@cenotaph/core'
import { blockText } from './block.js'
import type { Colours } from './colours.js'
import { escapeText } from './escape.js'
import { countText, sizeText } from './units.js'

const SHOWN_MAX = 20

/** `titles`: what people recognise the threads by, escaped. */
export function planText(plan: DeleteResult, titles: ReadonlyMap<string, string>): string {
  const lines = [...gone(plan)]
  if (plan.threadIds.length === 0) return lines.join('\n')
  lines.push(
    `This deletes ${countText(plan.threadIds.length, 'thread')} for good: ${countText(plan.files, 'file')}, ${sizeText(plan.bytes)}.`,
    ...listed(plan.threadIds, titles),
  )
  if (plan.forks.length > 0) {
    lines.push(
      'These continue or copy the history of a deleted thread:',
      ...listed(plan.forks, titles),
    )
  }
  lines.push(`plan ${plan.planId}`)
  return lines.join('\n')
}

export function deletionText(result: DeleteResult, colours: Colours): string {
  const lines = [...gone(result)]
  const pending = result.pending.map(
    ({ step, reason, nextTry }) =>
      `  ${step}: ${escapeText(reason)}${nextTry === null ? '' : `; next try ${nextTry}`}`,
  )
  if (result.state === 'erasing') {
    lines.push(
      `Deleted for every reader, but not erased yet: ${countText(result.threadIds.length, 'thread')}.`,
      ...pending,
      '`cenotaph retry` tries what is pending now; it is also tried at every start.',
    )
  } else if (result.receipt) lines.push(receiptText(result.receipt, colours))
  else lines.push('Deleted. There is no receipt: a repair erased what was left.')
  return lines.join('\n')
}

export function receiptText(receipt: Receipt, colours: Colours): string {
  const { verification, survivingForks, reason, requestedBy } = receipt
  return blockText(
    [
      ['receipt', escapeText(receipt.receiptId)],
      ['state', receipt.state],
      ['threads', receipt.threadIds.slice(0, SHOWN_MAX).join(' ') + more(receipt.threadIds)],
      ['committed', receipt.committedAt],
      ['erased', receipt.erasedAt ?? '-'],
      ['requested by', escapeText(requestedBy ?? '-')],
      ['reason', escapeText(reason ?? '-')],
      ['erased data', `${countText(receipt.items, 'item')}, ${sizeText(receipt.bytes)}`],
      ['checked', verification ? checkText(verification) : '-'],
      ['surviving forks', survivingForks.map((fork) => fork.threadId).join(' ') || '-'],
      ['out of reach', escapeText(receipt.outOfReach.join(', ') || '-')],
      ['log', `position ${receipt.log.position}, root ${receipt.log.rootHash.slice(0, 16)}…`],
      ['key', receipt.publicKey],
    ],
    colours,
  )
}

/** How the erasure was checked. After a crash there are no probes left to search files for. */
export const checkText = (verification: NonNullable<Receipt['verification']>): string =>
  verification.mode === 'structural'
    ? 'structural: no name and no key of it is left; no file was searched'
    : `${verification.mode}, ${countText(verification.scannedFiles, 'file')}, ` +
      `${sizeText(verification.scannedBytes)}: residue ${verification.residue}`

const gone = ({ alreadyDeleted }: DeleteResult): readonly string[] =>
  alreadyDeleted.map(
    ({ threadId, receiptId }) => `${threadId} was deleted before (receipt ${receiptId}).`,
  )

const listed = (ids: readonly string[], titles: ReadonlyMap<string, string>): string[] => [
  ...ids.slice(0, SHOWN_MAX).map((id) => `  ${id}  ${titles.get(id) ?? ''}`.trimEnd()),
  ...(ids.length > SHOWN_MAX ? [`  and ${ids.length - SHOWN_MAX} more`] : []),
]

const more = (ids: readonly string[]): string =>
  ids.length > SHOWN_MAX ? ` and ${ids.length - SHOWN_MAX} more` : ''
