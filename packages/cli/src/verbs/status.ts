// Status: the state of any id that ever was, deleted ones included.

import type { ThreadStatus } from '@cenotaph/core'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { defineVerb } from '../verb.js'

export const status = defineVerb<[string | undefined], LastOptions>({
  name: 'status',
  summary: 'say whether a thread is active, archived, erasing or deleted',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: lastOptions,
  async run(call) {
    const threadId = await oneThread(call, call.arguments[0])
    const found = await (await call.store()).status(threadId)
    return { json: found, text: textOf(found) }
  },
})

function textOf({ threadId, state, deletedAt, receiptId }: ThreadStatus): string {
  const when = deletedAt === null ? '' : ` at ${deletedAt}`
  const proof = receiptId === null ? '' : `; receipt ${receiptId}`
  return `${threadId} ${state}${when}${proof}`
}
