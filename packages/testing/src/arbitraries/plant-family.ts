// A family of threads, in a store and in a model at once.

import { modelIds } from '../model/system.js'
import { ThreadModel } from '../model/thread-model.js'
import { messageOf, messagesOf } from '../store/speaking.js'
import { having, type ThreadStoreLike } from '../store/thread-store-like.js'
import type { Family, FamilyMember } from './families.js'

/** Member `n` has the id `modelIds[n]`. Gives the model of the store, which was empty. */
export async function plantFamily(store: ThreadStoreLike, family: Family): Promise<ThreadModel> {
  const model = new ThreadModel()
  for (const [at, member] of family.entries()) {
    const id = modelIds[at]!
    await plant(store, model, id, member)
    if (member.texts.length === 0) continue
    await store.appendItems(id, member.texts.map(messageOf))
    model.append(id, { texts: member.texts })
  }
  return model
}

async function plant(
  store: ThreadStoreLike,
  model: ThreadModel,
  id: string,
  { from }: FamilyMember,
): Promise<void> {
  const name = `name of ${id}`
  if (from?.kind === 'forked') {
    const base = modelIds[from.of]!
    const lines = from.lines === undefined ? [] : await messagesOf(store, base)
    const count = lines.length === 0 ? undefined : Math.min(from.lines!, lines.length)
    const through = count === undefined ? {} : { throughOrdinal: lines[count - 1]!.ordinal }
    const { copy } = from
    await having(store, 'forkThread').forkThread(base, { newThreadId: id, name, copy, ...through })
    model.fork(base, id, { copy, name, count })
    return
  }
  const parent = from === null ? null : modelIds[from.by]!
  await store.createThread({
    threadId: id,
    name,
    ...(parent === null ? {} : { parentThreadId: parent }),
  })
  model.create(id, { name, parent })
}
