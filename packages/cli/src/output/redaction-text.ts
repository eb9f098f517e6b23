// A redaction for people: which lines would go and what goes with them, and what was done. Never a text.

import type { RedactResult } from '@cenotaph/core'
import type { Colours } from './colours.js'
import { pendingText, receiptText, shownMax } from './deletion-text.js'
import { escapeText } from './escape.js'
import { tableText } from './table.js'
import { countText, sizeText } from './units.js'

const columns = [
  { title: 'ORDINAL', align: 'right' },
  { title: 'TYPE' },
  { title: 'TURN' },
  { title: 'SIZE', align: 'right' },
  { title: 'THREAD' },
] as const

export function redactionPlanText(plan: RedactResult, colours: Colours): string {
  const rows = plan.lines
    .slice(0, shownMax)
    .map(({ threadId, ordinal, type, payloadType, turnId, bytes }) => [
      String(ordinal),
      escapeText(payloadType === null ? type : `${type} ${payloadType}`),
      escapeText(turnId ?? '-'),
      sizeText(bytes),
      colours.cyan(threadId),
    ])
  const more = lineCount(plan) - rows.length
  return [
    `This takes the text out of ${countText(lineCount(plan), 'line')} for good: ${countText(plan.files, 'file')} written anew.`,
    tableText(columns, rows, colours),
    ...(more > 0 ? [`and ${more} more`] : []),
    ...alongText(plan),
    ...repeatedText(plan),
    ...(plan.forks.length > 0
      ? [`These hold copies of the lines, which stay: ${plan.forks.join(' ')}`]
      : []),
    `plan ${plan.planId}`,
  ].join('\n')
}

export function redactionText(result: RedactResult, colours: Colours): string {
  if (result.state !== 'erasing' && result.receipt) return receiptText(result.receipt, colours)
  return [
    `Hidden from every reader, but not erased yet: ${countText(lineCount(result), 'line')}.`,
    ...pendingText(result),
    '`cenotaph retry` tries what is pending now; it is also tried at every start.',
  ].join('\n')
}

export const lineCount = ({ redacted }: RedactResult): number =>
  redacted.reduce((sum, { from, to }) => sum + to - from + 1, 0)

function alongText({ attachments, events, quarantined, unnamed }: RedactResult): string[] {
  const parts = [
    ...(attachments > 0 ? [countText(attachments, 'attachment')] : []),
    ...(events > 0 ? [`the content of ${countText(events, 'event')}`] : []),
    ...(quarantined > 0 ? [countText(quarantined, 'quarantined piece')] : []),
    ...(unnamed.length > 0 ? [`the name of ${countText(unnamed.length, 'thread')}`] : []),
  ]
  return parts.length === 0 ? [] : [`What repeats it goes too: ${parts.join(', ')}.`]
}

function repeatedText({ repeatedIn }: RedactResult): string[] {
  if (repeatedIn.length === 0) return []
  const shown = repeatedIn.slice(0, shownMax).map(({ ordinal }) => ordinal)
  const more = repeatedIn.length > shown.length ? ' and more' : ''
  return [`Other lines hold some of the same text, and stay: ${shown.join(', ')}${more}.`]
}
