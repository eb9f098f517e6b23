// Status: the state of any id that ever was, deleted ones included.

import type { ThreadStatus } from '@cenotaph/core'
import { type LastOptions, lastOptions, oneThread } from '../arguments/threads.js'
import { pendingText } from '../output/deletion-text.js'
import { relativeTime } from '../output/units.js'
import { defineVerb } from '../verb.js'

export const status = defineVerb<[string | undefined], LastOptions>({
  name: 'status',
  summary: 'say whether a thread is active, archived, scheduled, erasing or deleted',
  arguments: [{ name: '[thread]', description: 'id, prefix or name' }],
  options: lastOptions,
  async run(call) {
    const threadId = await oneThread(call, call.arguments[0])
    const found = await (await call.store()).status(threadId)
    return { json: found, text: textOf(found, call.terminal.clock.wallMs()) }
  },
})

function textOf(status: ThreadStatus, nowMs: number): string {
  const { threadId, state, deleteAfter, deletedAt, receiptId } = status
  if (deleteAfter !== null) {
    const kept = status.keptBy === undefined ? '' : `; kept by ${status.keptBy}`
    const doubted = status.unconfirmed ? '; past by a clock that nobody confirmed' : ''
    return `${threadId} scheduled for deletion on ${deleteAfter} (${relativeTime(deleteAfter, nowMs)})${kept}${doubted}`
  }
  const when = deletedAt === null ? '' : ` at ${deletedAt}`
  const proof = receiptId === null ? '' : `; receipt ${receiptId}`
  const waits = status.pending ? ['', ...pendingText({ pending: status.pending })].join('\n') : ''
  return `${threadId} ${state}${when}${proof}${waits}`
}
