// Du: how much room the store takes, and which threads take it.

import type { StoreStats } from '@cenotaph/core'
import { escapeText } from '../output/escape.js'
import { tableText } from '../output/table.js'
import { countText, sizeText } from '../output/units.js'
import type { Terminal } from '../terminal.js'
import { defineVerb } from '../verb.js'

export const du = defineVerb<[]>({
  name: 'du',
  summary: 'how much room the store takes, and what takes it',
  async run({ store: open, terminal }) {
    const stats = await (await open()).stats()
    return { json: stats, text: textOf(stats, terminal) }
  },
})

const SHOWN_MAX = 10

function textOf(stats: StoreStats, { colours }: Terminal): string {
  const { threads, bytes, plainBytes, compressedBytes, reclaimableBytes, databaseBytes } = stats
  const lines = [
    `${countText(threads, 'thread')}, ${sizeText(bytes)} on disk`,
    `  compressed    ${sizeText(compressedBytes)}; all of it as plain text would be ${sizeText(plainBytes)}`,
    `  archived      ${sizeText(reclaimableBytes)} with what was set aside: a delete gives it back`,
    `  database      ${sizeText(databaseBytes)}`,
  ]
  if (threads === 0) return lines[0]!
  const right = { align: 'right' } as const
  const directories = tableText(
    [{ title: 'DIRECTORY' }, { title: 'THREADS', ...right }, { title: 'SIZE', ...right }],
    stats.byCwd
      .slice(0, SHOWN_MAX)
      .map((one) => [escapeText(one.cwd ?? '(none)'), `${one.threads}`, sizeText(one.bytes)]),
    colours,
  )
  const largest = tableText(
    [{ title: 'LARGEST' }, { title: 'NAME' }, { title: 'SIZE', ...right }],
    stats.largest.map(({ threadId, name, bytes: size }) => {
      return [threadId, escapeText(name ?? ''), sizeText(size)]
    }),
    colours,
  )
  return [...lines, '', directories, '', largest].join('\n')
}
