// Show: all that is known of one thread, read without changing it.

import { StoreError } from '@cenotaph/storage'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { threadDocument } from '../documents.js'
import { threadBlock } from '../output/thread-text.js'
import { defineVerb } from '../verb.js'

export const show = defineVerb<[string | undefined], LastOptions>({
  name: 'show',
  summary: 'show what is known of a thread',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: lastOptions,
  async run(call) {
    const threadId = await oneThread(call, call.arguments[0])
    const thread = await (await call.store()).readThread(threadId)
    if (!thread) {
      throw new StoreError('THREAD_NOT_FOUND', `there is no thread ${threadId}`, {
        detail: { threadId },
      })
    }
    return { json: threadDocument(thread), text: threadBlock(thread, call.terminal) }
  },
})
