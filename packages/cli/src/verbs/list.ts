// List: one page of threads, with the cursor of the next one.

import path from 'node:path'
import { given, wholeNumber } from '../arguments/parse.js'
import { threadDocument } from '../documents.js'
import { threadTable } from '../output/thread-text.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

interface ListOptions {
  readonly archived?: true
  readonly scheduled?: true
  readonly includeSubagents?: true
  readonly cwd?: string
  readonly allDirs?: true
  readonly search?: string
  readonly sort?: 'created' | 'updated'
  readonly limit?: number
  readonly cursor?: string
}

export const list = defineVerb<[], ListOptions>({
  name: 'list',
  summary: 'list threads, newest first',
  options: [
    { flags: '--archived', description: 'the archived ones' },
    { flags: '--include-subagents', description: 'those too that others spawned' },
    { flags: '--cwd <dir>', description: 'of this working directory only' },
    { flags: '--all-dirs', description: 'of all directories (the default)' },
    { flags: '--search <text>', description: 'part of the name or of the first words' },
    {
      flags: '--sort <key>',
      description: 'default created',
      choices: ['created', 'updated'],
    },
    { flags: '-n, --limit <count>', description: 'default 25, at most 1000', parse: wholeNumber },
    { flags: '--cursor <cursor>', description: 'the nextCursor of the page before' },
    { flags: '--scheduled', description: 'those that wait for the date of their deletion' },
  ],
  async run({ options: { cwd, allDirs, ...options }, terminal, store: open }) {
    if (cwd !== undefined && allDirs)
      throw new UsageError('--cwd and --all-dirs exclude each other')
    const store = await open()
    const { threads, nextCursor } = await store.listThreads(
      given({ ...options, cwd: cwd === undefined ? undefined : path.resolve(terminal.cwd, cwd) }),
    )
    const rows = threads.length === 0 ? 'no threads' : threadTable(threads, terminal)
    const next = nextCursor === null ? '' : `\nmore: --cursor ${nextCursor}`
    return { json: { threads: threads.map(threadDocument), nextCursor }, text: rows + next }
  },
})
