// Finds a thread by what people type: a full id, a unique prefix of at least 8 characters, or a name. An id wins
// over a name. Names have no index, because index keys outlive what they index: they are read from the rows.

import { parseThreadId, type ThreadId } from '@cenotaph/rollout'
import { StoreError } from '@cenotaph/storage'
import { checkText } from '../check-options.js'
import type { StoreContext } from '../context.js'
import { rowsUnder } from '../rows-under.js'
import { idOfKey } from '../threads/index-keys.js'
import { idOfRowKey } from '../threads/thread-row.js'
import { rowsInOrder } from './rows-in-order.js'

const PREFIX_CHARACTERS_MIN = 8
const CANDIDATES_MAX = 10

/** Also finds ids that are dead. @throws THREAD_NOT_FOUND, THREAD_AMBIGUOUS */
export async function resolveThread(context: StoreContext, text: string): Promise<ThreadId> {
  checkText(text, 'the thread')
  const id = parseThreadId(text)
  if (id) return id
  const byPrefix = isIdPrefix(text) ? await idsWithPrefix(context, text.toLowerCase()) : []
  const candidates = byPrefix.length > 0 ? byPrefix : await idsWithName(context, text)
  if (candidates.length === 1) return candidates[0]!
  if (candidates.length === 0) {
    throw new StoreError('THREAD_NOT_FOUND', `no thread is called that: ${text}`)
  }
  throw new StoreError('THREAD_AMBIGUOUS', `${candidates.length} threads are meant by this`, {
    detail: { candidates: candidates.slice(0, CANDIDATES_MAX) },
  })
}

export const isIdPrefix = (text: string): boolean =>
  text.length >= PREFIX_CHARACTERS_MIN && /^[0-9a-f-]+$/i.test(text)

/** Rows are keyed by id, so these lie together. */
async function idsWithPrefix(context: StoreContext, prefix: string): Promise<ThreadId[]> {
  const found = new Set<ThreadId>()
  // What an id is made of comes before `g`.
  const range = { from: `t/${prefix}`, to: `t/${prefix}g` }
  for await (const keys of context.journal.keysIn([range])) {
    for (const key of keys) {
      const id = idOfRowKey(key)
      if (id && !context.dead.has(id)) found.add(id)
    }
  }
  if (found.size === 0)
    for (const id of context.dead.ids()) if (id.startsWith(prefix)) found.add(id)
  return [...found]
}

async function idsWithName(context: StoreContext, name: string): Promise<ThreadId[]> {
  const found: ThreadId[] = []
  const waiting: ThreadId[] = []
  const anyOf = { includeSubagents: true, name }
  for (const filters of [anyOf, { ...anyOf, archived: true }])
    for await (const { row } of rowsInOrder(context, filters)) found.push(row.threadId)
  for await (const { row } of rowsInOrder(context, { ...anyOf, scheduled: true }))
    waiting.push(row.threadId)
  // What waits for its date answers to a name that nobody else has: it can be restored by it.
  return found.length > 0 ? found : waiting
}

/** Every id that has a row, the dead whose rows are still there included. */
export async function* allThreadIds(context: StoreContext): AsyncGenerator<ThreadId> {
  for (const archived of ['0', '1']) {
    for await (const [key] of rowsUnder(context.journal, `x/s/${archived}/c/`)) yield idOfKey(key)
  }
}
