// Rename: the only thing about a thread that its owner may change.

import { type LastOptions, lastOptions, oneThread, threadAndWord } from '../arguments/threads.js'
import { threadsDocument, threadViews } from '../documents.js'
import { threadTable } from '../output/thread-text.js'
import { UsageError } from '../usage-error.js'
import { defineVerb } from '../verb.js'

export const rename = defineVerb<[string | undefined, string | undefined], LastOptions>({
  name: 'rename',
  summary: 'give a thread another name',
  arguments: [
    { name: '[thread]', description: 'id, prefix or name' },
    { name: '[name]', description: 'its new name' },
  ],
  options: lastOptions,
  async run(call) {
    const { thread, word: name } = threadAndWord(call.options, call.arguments)
    if (name === undefined) throw new UsageError('say what the new name is')
    const threadId = await oneThread(call, thread)
    const store = await call.store()
    await store.renameThread(threadId, name)
    const threads = await threadViews(store, [threadId])
    return { json: threadsDocument(threads), text: threadTable(threads, call.terminal) }
  },
})
