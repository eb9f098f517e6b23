import type { Colours } from './colours.js'

/** One fact a line, the values aligned. Values must be escaped already. */
export function blockText(
  facts: readonly (readonly [label: string, value: string])[],
  colours: Colours,
): string {
  const width = Math.max(...facts.map(([label]) => label.length))
  return facts.map(([label, value]) => `${colours.dim(label.padEnd(width))}  ${value}`).join('\n')
}
