// Archive and unarchive: out of the way and back. Never a step towards deletion.

import { type LastOptions, lastOptions, threadsOf } from '../arguments/threads.js'
import { threadsDocument, threadViews } from '../documents.js'
import { threadTable } from '../output/thread-text.js'
import { type AnyVerb, defineVerb } from '../verb.js'

export const archive = moveVerb('archive', 'put threads out of the way, with all they spawned')
export const unarchive = moveVerb('unarchive', 'bring archived threads back')

function moveVerb(name: 'archive' | 'unarchive', summary: string): AnyVerb {
  return defineVerb<[threads: string[]], LastOptions>({
    name,
    summary,
    arguments: [{ name: '[thread...]', description: 'ids, prefixes or names' }],
    options: lastOptions,
    async run(call) {
      const archived = name === 'unarchive'
      const threadIds = await threadsOf(call, call.arguments[0], { archived })
      const store = await call.store()
      const moved = await (name === 'archive'
        ? store.archiveThreads(threadIds)
        : store.unarchiveThreads(threadIds))
      const threads = await threadViews(store, moved)
      return { json: threadsDocument(threads), text: threadTable(threads, call.terminal) }
    },
  })
}
