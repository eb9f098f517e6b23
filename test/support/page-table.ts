// Tables of the documentation that a test keeps true: it knows the rows, and the page must have them and no others.
// `CENOTAPH_MAKE_TABLES=1` writes the rows into the page instead.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const isMade = process.env.CENOTAPH_MAKE_TABLES === '1'
const top = fileURLToPath(new URL('../..', import.meta.url))

/** The lines of the table of a page that has this head, and those that these rows make. */
export function comparedTable(
  page: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): { readonly told: readonly string[]; readonly found: readonly string[] } {
  const file = path.join(top, page)
  const text = readFileSync(file, 'utf8')
  const lines = text.split('\n')
  const begin = lines.findIndex((line) => cellsOf(line).join('|') === head.join('|'))
  if (begin < 0) throw new Error(`${page} has no table of ${head.join(', ')}`)
  const behind = lines.slice(begin).findIndex((line) => !line.startsWith('|'))
  const told = lines.slice(begin, begin + behind)
  const found = tableOf(head, rows)
  if (!isMade) return { told, found }
  lines.splice(begin, told.length, ...found)
  writeFileSync(file, lines.join('\n'))
  return { told: found, found }
}

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())

function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]!.length)),
  )
  const lineOf = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [lineOf(head), lineOf(widths.map((width) => '-'.repeat(width))), ...rows.map(lineOf)]
}
