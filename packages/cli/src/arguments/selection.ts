// Threads chosen by what they are: `--archived` or `--all`, narrowed by age, directory, provider and source.

import path from 'node:path'
import type { ThreadSelection } from '@cenotaph/core'
import { UsageError } from '../usage-error.js'
import type { VerbOption } from '../verb.js'
import { durationOption, given } from './parse.js'
import type { LastOptions } from './threads.js'

export interface SelectionOptions {
  readonly archived?: true
  readonly all?: true
  readonly olderThan?: string
  readonly cwd?: string
  readonly modelProvider?: string
  readonly source?: string
}

export const selectionOptions: readonly VerbOption[] = [
  { flags: '--archived', description: 'all archived threads' },
  { flags: '--all', description: 'all threads, archived or not' },
  {
    flags: '--older-than <duration>',
    description: 'of those, what was not active for so long (45m, 12h, 30d, 8w, 6mo)',
    parse: durationOption,
  },
  { flags: '--cwd <directory>', description: 'of those, what belongs to a directory' },
  { flags: '--model-provider <name>', description: 'of those, what a provider answered' },
  { flags: '--source <name>', description: 'of those, what a source made' },
]

/** Undefined where threads are named. @throws UsageError */
export function selectionOf(
  options: SelectionOptions & LastOptions,
  texts: readonly string[],
  workingFolder: string,
): ThreadSelection | undefined {
  const { archived, all, olderThan, cwd, modelProvider, source } = options
  if (!archived && !all) {
    if ([olderThan, cwd, modelProvider, source].some((value) => value !== undefined))
      throw new UsageError('say --archived or --all, which the other conditions narrow')
    return undefined
  }
  if (texts.length > 0 || options.last)
    throw new UsageError('name threads or select them with --archived or --all, not both')
  return given({
    archived,
    all,
    olderThan,
    cwd: cwd === undefined ? undefined : path.resolve(workingFolder, cwd),
    modelProvider,
    source,
  })
}
