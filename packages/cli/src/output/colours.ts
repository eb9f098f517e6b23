import { createColors } from 'picocolors'

export type Colours = ReturnType<typeof createColors>

/** Colours for a terminal that shows them, unless NO_COLOR (any value but the empty one) forbids it. */
export function coloursFor(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): Colours {
  const wanted = isTerminal && !environment.NO_COLOR && environment.TERM !== 'dumb'
  return createColors(wanted)
}
