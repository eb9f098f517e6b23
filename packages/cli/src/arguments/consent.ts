// Nothing is destroyed that nobody agreed to: with --yes, or at a terminal where a person says yes.

import type { Terminal } from '../terminal.js'
import { UsageError } from '../usage-error.js'
import type { VerbOption } from '../verb.js'

export interface ConsentOptions {
  readonly yes?: true
  readonly force?: true
}

export const consentOptions: readonly VerbOption[] = [
  { flags: '-y, --yes', description: 'do not ask' },
  { flags: '--force', description: 'the same as --yes' },
]

export const agreedBefore = (options: ConsentOptions): boolean =>
  options.yes === true || options.force === true

/** Called before anything is opened. @throws UsageError where nobody agreed and nobody can be asked */
export function refuseWithoutConsent(
  options: ConsentOptions & { readonly dryRun?: true },
  terminal: Terminal,
): void {
  if (options.dryRun || agreedBefore(options) || terminal.interactive) return
  throw new UsageError('there is nobody to ask: give --yes, or look first with --dry-run')
}

/** Shows what would be done on stderr and asks. @throws UsageError for anything but a yes */
export async function askFirst(
  plan: string,
  question: string,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  await terminal.err.write(`${plan}\n`)
  if (!(await terminal.confirm(question, signal))) throw new UsageError('nothing was done')
}
