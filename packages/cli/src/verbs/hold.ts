// Hold, unhold, pin, unpin and holds: which threads are kept, against every deletion or against retention alone.

import type { ThreadId, ThreadStore, ThreadView } from '@cenotaph/core'
import { type LastOptions, lastOptions, oneThread, threadsOf } from '../arguments/threads.js'
import { threadsDocument, threadViews } from '../documents.js'
import { holdTable, threadTable } from '../output/thread-text.js'
import type { Terminal } from '../terminal.js'
import { type Answer, type AnyVerb, defineVerb } from '../verb.js'

interface HoldOptions extends LastOptions {
  readonly reason: string
}

const oneArgument = [{ name: '[thread]', description: 'id, prefix or name' }]
const manyArguments = [{ name: '[thread...]', description: 'ids, prefixes or names' }]

export const hold = defineVerb<[string | undefined], HoldOptions>({
  name: 'hold',
  summary: 'keep a thread: nothing deletes it until `unhold`',
  arguments: oneArgument,
  options: [
    ...lastOptions,
    { flags: '--reason <text>', description: 'why; shown with the thread', required: true },
  ],
  async run(call) {
    const threadId = await oneThread(call, call.arguments[0])
    const store = await call.store()
    await store.holdThread(threadId, call.options.reason)
    return answerOf(await heldThread(store, threadId), call.terminal)
  },
})

export const unhold = defineVerb<[string | undefined], LastOptions>({
  name: 'unhold',
  summary: 'end the hold of a thread',
  arguments: oneArgument,
  options: lastOptions,
  async run(call) {
    const threadId = await oneThread(call, call.arguments[0])
    const store = await call.store()
    const before = await heldThread(store, threadId)
    await store.unholdThread(threadId)
    const threads = before.map((thread) => ({ ...thread, held: false, holdReason: null }))
    return answerOf(threads, call.terminal)
  },
})

export const holds = defineVerb<[], object>({
  name: 'holds',
  summary: 'list the threads on hold, with the reasons',
  async run({ store: open, terminal }) {
    const threads = await (await open()).listHolds()
    const text = threads.length === 0 ? 'no thread is on hold' : holdTable(threads, terminal)
    return { json: threadsDocument(threads), text }
  },
})

export const pin = pinVerb('pin', 'keep retention away from threads')
export const unpin = pinVerb('unpin', 'let retention have threads again')

function pinVerb(name: 'pin' | 'unpin', summary: string): AnyVerb {
  return defineVerb<[threads: string[]], LastOptions>({
    name,
    summary,
    arguments: manyArguments,
    options: lastOptions,
    async run(call) {
      const threadIds = await threadsOf(call, call.arguments[0])
      const store = await call.store()
      for (const id of threadIds)
        await (name === 'pin' ? store.pinThread(id) : store.unpinThread(id))
      return answerOf(await threadViews(store, threadIds), call.terminal)
    },
  })
}

/** A thread that waits for its date is read by nobody, and is listed with the holds all the same. */
const heldThread = async (store: ThreadStore, id: ThreadId): Promise<readonly ThreadView[]> =>
  (await store.listHolds()).filter((thread) => thread.threadId === id)

const answerOf = (threads: readonly ThreadView[], terminal: Terminal): Answer => ({
  json: threadsDocument(threads),
  text: threadTable(threads, terminal),
})
