// Every thread that has values, in order of ids: one short look a thread, and nothing stays open in between. Ids do not
// change, so a thread that is archived or renamed meanwhile is neither missed nor met twice. What is created behind the
// last thread of the beginning is left to the next backup, or a busy store would never come to an end.

import type { Journal } from '@cenotaph/journal'
import { parseThreadId, type ThreadId } from '@cenotaph/rollout'

const PREFIX = 't/'
const END = 't0'
const ID_CHARACTERS = 36

export async function* threadIdsNow(journal: Journal): AsyncGenerator<ThreadId> {
  const newest = await journal.page({ gt: PREFIX, lt: END, reverse: true, limit: 1 })
  const last = newest.entries[0]?.[0]
  if (last === undefined) return
  let from = PREFIX
  for (;;) {
    const page = await journal.page({ gt: from, lte: last, limit: 1 })
    const key = page.entries[0]?.[0]
    if (key === undefined) return
    const text = key.slice(PREFIX.length, PREFIX.length + ID_CHARACTERS)
    const id = parseThreadId(text)
    if (id) yield id
    // '0' follows '/': right behind all that this thread has.
    from = `${PREFIX}${text}0`
  }
}
