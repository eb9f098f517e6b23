// What a search found, for people: each thread with its lines, and what stands around the text in each.

import type { SearchHit, SearchPage, ThreadView } from '@cenotaph/core'
import type { Terminal } from '../terminal.js'
import { escapeText } from './escape.js'
import { shortIds } from './short-ids.js'
import { titleOf } from './thread-text.js'

export function searchText(
  { hits, nextCursor, unread }: SearchPage,
  threads: readonly ThreadView[],
  { colours }: Pick<Terminal, 'colours'>,
): string {
  const titles = new Map<string, string>(threads.map((view) => [view.threadId, titleOf(view)]))
  const short = shortIds(hits.map(({ threadId }) => threadId))
  const digits = Math.max(...hits.map(({ ordinal }) => String(ordinal).length), 1)
  const lines: string[] = []
  for (const [index, hit] of hits.entries()) {
    const { threadId, ordinal } = hit
    if (threadId !== hits[index - 1]?.threadId)
      lines.push(`${colours.cyan(short.get(threadId)!)}  ${titles.get(threadId) ?? ''}`.trimEnd())
    lines.push(`  ${colours.dim(String(ordinal).padStart(digits))}  ${markedText(hit, colours)}`)
  }
  if (lines.length === 0) lines.push('nothing found')
  for (const { threadId, code } of unread) lines.push(`not searched: ${threadId} (${code})`)
  if (nextCursor !== null) lines.push(`more: --cursor ${nextCursor}`)
  return lines.join('\n')
}

function markedText({ snippet, match }: SearchHit, colours: Terminal['colours']): string {
  const { start, end } = match
  const [before, found, behind] = [
    snippet.slice(0, start),
    snippet.slice(start, end),
    snippet.slice(end),
  ].map(escapeText)
  return `${before}${colours.bold(found ?? '')}${behind}`
}
