import Table from 'cli-table3'
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

/** Aligned columns two spaces apart, without borders; cells must be escaped already. */
export function tableText(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  colours: Colours,
): string {
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
