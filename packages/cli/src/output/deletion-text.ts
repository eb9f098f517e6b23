// A deletion for people: what would go, what has gone, what is left to do, and the receipt.

import type { DeleteResult, Receipt } from '@cenotaph/core'
import { blockText } from './block.js'
import type { Colours } from './colours.js'
import { escapeText } from './escape.js'
import { countText, sizeText } from './units.js'

/** Of a list of threads, as many are shown. */
export const shownMax = 20

/** `titles`: what people recognise the threads by, escaped. */
export function planText(plan: DeleteResult, titles: ReadonlyMap<string, string>): string {
  const lines = [...gone(plan)]
  if (plan.threadIds.length === 0) {
    if (lines.length === 0) lines.push('There is nothing to delete.')
    return [...lines, ...spared(plan, titles)].join('\n')
  }
  lines.push(
    `This deletes ${countText(plan.threadIds.length, 'thread')} for good${plan.deleteAfter === null ? '' : `, on ${plan.deleteAfter} and not before`}: ${countText(plan.files, 'file')}, ${sizeText(plan.bytes)}.`,
    ...listed(plan.threadIds, titles),
  )
  if (plan.forks.length > 0) {
    const copies = new Set<string>(plan.forksByCopy)
    const marked = plan.forks.map((id): [string, string] => [
      id,
      `${titles.get(id) ?? ''}${copies.has(id) ? ' (by copy)' : ''}`.trim(),
    ])
    lines.push('These are forks of a deleted thread:', ...listed(plan.forks, new Map(marked)))
  }
  lines.push(...spared(plan, titles), ...refusal(plan), `plan ${plan.planId}`)
  return lines.join('\n')
}

export function deletionText(result: DeleteResult, colours: Colours): string {
  const lines = [...gone(result)]
  if (result.state === 'scheduled' && result.deleteAfter !== null) {
    lines.push(
      `Scheduled for deletion on ${result.deleteAfter}: ${countText(result.threadIds.length, 'thread')}.`,
      '`cenotaph restore` takes it back until then; `cenotaph list --scheduled` shows what waits.',
    )
  } else if (result.state === 'erasing') {
    lines.push(
      `Deleted for every reader, but not erased yet: ${countText(result.threadIds.length, 'thread')}.`,
      ...pendingText(result),
      '`cenotaph retry` tries what is pending now; it is also tried at every start.',
    )
  } else if (result.threadIds.length === 0 && result.alreadyDeleted.length === 0) {
    lines.push('There was nothing to delete.', ...spared(result, new Map()))
  } else if (result.receipt) lines.push(receiptText(result.receipt, colours))
  else lines.push('Deleted. There is no receipt: a repair erased what was left.')
  return lines.join('\n')
}

export const pendingText = ({ pending }: Pick<DeleteResult, 'pending'>): string[] =>
  pending.flatMap(({ step, reason, nextTry, participants }) => [
    `  ${step}: ${escapeText(reason)}${nextTry === null ? '' : `; next try ${nextTry}`}`,
    ...participants.map(
      ({ name, trouble, lastTrouble }) =>
        `    ${escapeText(name)}: ${troubleText[trouble]}${lastTrouble ? `; when it was, ${troubleText[lastTrouble]}` : ''}`,
    ),
    ...(participants.length > 0
      ? [
          '  Start the hosts that are named: each finishes its part when it opens the store. One that is gone for good:',
          '  `cenotaph participants forget NAME --reason R`; what it keeps is not erased then, and the receipt says so.',
        ]
      : []),
  ])

const troubleText = {
  missing: 'its host is not here',
  timeout: 'it did not answer in time',
  threw: 'it failed',
  left: 'it says that something is left',
  invalid: 'its answer is not a list of ids',
} as const

export function receiptText(receipt: Receipt, colours: Colours): string {
  const { verification, survivingForks, reason, requestedBy, redaction } = receipt
  return blockText(
    [
      ['receipt', escapeText(receipt.receiptId)],
      ['state', receipt.state],
      ['threads', receipt.threadIds.slice(0, shownMax).join(' ') + more(receipt.threadIds)],
      ['committed', receipt.committedAt],
      ['erased', receipt.erasedAt ?? '-'],
      ['requested by', escapeText(requestedBy ?? '-')],
      ['reason', escapeText(reason ?? '-')],
      ...(redaction
        ? [['redacted lines', ordinalsText(redaction.ordinals)] as [string, string]]
        : []),
      ['erased data', `${countText(receipt.items, 'item')}, ${sizeText(receipt.bytes)}`],
      ['checked', verification ? checkText(verification) : '-'],
      ['participants', participantsText(receipt)],
      ['surviving forks', survivingForks.map((fork) => fork.threadId).join(' ') || '-'],
      ['out of reach', escapeText(receipt.outOfReach.join('; ') || '-')],
      ['log', `position ${receipt.log.position}, root ${receipt.log.rootHash.slice(0, 16)}…`],
      ['key', receipt.publicKey],
    ],
    colours,
  )
}

const ordinalsText = (spans: readonly { readonly from: number; readonly to: number }[]): string =>
  spans
    .slice(0, shownMax)
    .map(({ from, to }) => (from === to ? String(from) : `${from}-${to}`))
    .join(', ') + more(spans)

const participantsText = ({ participants }: Receipt): string =>
  participants.map(({ name, outcome }) => `${escapeText(name)} ${outcome}`).join(', ') || '-'

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

const whyText = {
  held: 'on hold, or above one that is',
  live: 'being written, or above one that is',
  descendant: 'above one that was not selected',
} as const

const spared = (plan: DeleteResult, titles: ReadonlyMap<string, string>): string[] =>
  plan.spared.length === 0
    ? []
    : [
        `These are spared: ${countText(plan.spared.length, 'thread')}.`,
        ...plan.spared
          .slice(0, shownMax)
          .map(({ threadId, why }) =>
            `  ${threadId}  ${titles.get(threadId) ?? ''} (${whyText[why]})`.replace('   ', '  '),
          ),
        ...(plan.spared.length > shownMax ? [`  and ${plan.spared.length - shownMax} more`] : []),
      ]

const refusal = ({ wouldRefuse, held }: DeleteResult): string[] => {
  if (wouldRefuse === 'THREAD_HELD')
    return [`The delete would refuse (THREAD_HELD): ${held.slice(0, shownMax).join(' ')}`]
  return wouldRefuse === null
    ? []
    : [`The delete would refuse (${wouldRefuse}): choose --forks detach or --forks cascade.`]
}

const listed = (ids: readonly string[], titles: ReadonlyMap<string, string>): string[] => [
  ...ids.slice(0, shownMax).map((id) => `  ${id}  ${titles.get(id) ?? ''}`.trimEnd()),
  ...(ids.length > shownMax ? [`  and ${ids.length - shownMax} more`] : []),
]

const more = (ids: readonly unknown[]): string =>
  ids.length > shownMax ? ` and ${ids.length - shownMax} more` : ''
