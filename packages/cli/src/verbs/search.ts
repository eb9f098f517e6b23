// Search: the lines of all threads in which people see a text, a hit a line, with a piece of the text around it.

import path from 'node:path'
import type { SearchPage, ThreadView } from '@cenotaph/core'
import { given, wholeNumber } from '../arguments/parse.js'
import { threadViews } from '../documents.js'
import { searchText } from '../output/search-text.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

interface SearchOptions {
  readonly archived?: true
  readonly includeSubagents?: true
  readonly cwd?: string
  readonly allDirs?: true
  readonly caseSensitive?: true
  readonly limit?: number
  readonly cursor?: string
}

export const search = defineVerb<[string], SearchOptions>({
  name: 'search',
  summary: 'find a text in what was said, called and answered, the newest thread first',
  arguments: [{ name: '<text>', description: 'as it reads, whatever the case' }],
  options: [
    { flags: '--archived', description: 'in the archived threads' },
    { flags: '--include-subagents', description: 'in those too that others spawned' },
    { flags: '--cwd <dir>', description: 'in threads of this working directory only' },
    { flags: '--all-dirs', description: 'of all directories (the default)' },
    { flags: '--case-sensitive', description: 'letters in the case in which they are given' },
    { flags: '-n, --limit <count>', description: 'default 100, at most 1000', parse: wholeNumber },
    { flags: '--cursor <cursor>', description: 'the nextCursor of the page before' },
  ],
  async run({ arguments: [text], options: { cwd, allDirs, ...options }, ...call }) {
    if (cwd !== undefined && allDirs)
      throw new UsageError('--cwd and --all-dirs exclude each other')
    const { terminal, signal, json } = call
    const store = await call.store()
    const folder = cwd === undefined ? undefined : path.resolve(terminal.cwd, cwd)
    const page = await store.searchThreads(text, { ...given({ ...options, cwd: folder }), signal })
    const ids = [...new Set(page.hits.map(({ threadId }) => threadId))]
    const threads: readonly ThreadView[] = json ? [] : await threadViews(store, ids)
    return { json: documentOf(page), text: searchText(page, threads, terminal) }
  },
})

/** Members in the order of the contract. */
const documentOf = ({ hits, nextCursor, unread }: SearchPage) => ({
  hits: hits.map(({ threadId, ordinal, snippet, match, timestamp }) => ({
    threadId,
    ordinal,
    snippet,
    match,
    timestamp,
  })),
  nextCursor,
  unread,
})
