// Restore: takes scheduled deletions back.

import { type LastOptions, threadsOf } from '../arguments/threads.js'
import { threadsDocument, threadViews } from '../documents.js'
import { threadTable } from '../output/thread-text.js'
import { defineVerb } from '../verb.js'

export const restore = defineVerb<[threads: string[]], LastOptions>({
  name: 'restore',
  summary: 'take back a scheduled deletion, with all that the threads spawned',
  arguments: [{ name: '<thread...>', description: 'ids, prefixes or names' }],
  async run(call) {
    const threadIds = await threadsOf(call, call.arguments[0])
    const store = await call.store()
    const threads = await threadViews(store, await store.restoreThreads(threadIds))
    return { json: threadsDocument(threads), text: threadTable(threads, call.terminal) }
  },
})
