import { createRequire } from 'node:module'
import type { Colours } from './colours.js'

export interface Column {
  readonly title: string
  readonly align?: 'left' | 'right'
}

const noBorders = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left'],
    ...['bottom-right', 'left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid'],
  ].map((part) => [part, '']),
)

// Loaded with the first table: with --json there is none.
const load = createRequire(import.meta.url)

/** Aligned columns two spaces apart, without borders; cells must be escaped already. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  colours: Colours,
): string {
  const Table = load('cli-table3') as typeof import('cli-table3')
  const table = new Table({
    head: columns.map((column) => colours.dim(column.title)),
    colAligns: columns.map((column) => column.align ?? 'left'),
    chars: { ...noBorders, middle: '  ' },
    // The library's own colours know nothing of NO_COLOR.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
