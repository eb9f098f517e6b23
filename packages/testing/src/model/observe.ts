// What a caller sees of a store, compared with what the model says.

import assert from 'node:assert/strict'
import type { WholeThreadStore as ThreadStoreLike } from '../store/thread-store-like.js'
import type { ThreadModel } from './thread-model.js'

export const itemOf = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

/** Undefined for an item that is no message of the model; null for one whose text was taken out. */
function textOf(item: {
  readonly type: string
  readonly payload: unknown
}): string | null | undefined {
  if (item.type !== 'response_item') return undefined
  const { content } = item.payload as { content?: readonly { text?: string }[] }
  return content?.[0]?.text ?? null
}

export interface ReadLine {
  readonly ordinal: number
  readonly text: string | null
}

export async function linesOf(
  store: ThreadStoreLike,
  id: string,
  reverse = false,
): Promise<ReadLine[]> {
  const lines: ReadLine[] = []
  for await (const item of store.listItems(id, { reverse })) {
    const text = textOf(item)
    if (text !== undefined) lines.push({ ordinal: item.ordinal, text })
  }
  return reverse ? lines.reverse() : lines
}

/** @throws AssertionError where the thread is not as the model has it */
export async function compareThread(
  store: ThreadStoreLike,
  model: ThreadModel,
  id: string,
): Promise<void> {
  const expected = model.threads.get(id)
  if (!expected) {
    const read = await store.readThread(id).then(
      (view) => view,
      (error: { code?: unknown }) => error.code,
    )
    assert.equal(read, model.dead.has(id) ? 'THREAD_DELETED' : undefined, id)
    return
  }
  const view = await store.readThread(id)
  const { name, archived, held, pinned, parent } = expected
  assert.deepEqual(
    view && {
      name: view.name,
      state: view.state,
      held: view.held,
      pinned: view.pinned,
      parent: view.parentThreadId,
    },
    { name, state: archived ? 'archived' : 'active', held, pinned, parent },
    id,
  )
  const forward = await linesOf(store, id)
  assert.deepEqual(
    forward.map((line) => line.text),
    model.read(id),
    id,
  )
  assert.deepEqual(await linesOf(store, id, true), forward, `${id}, backward`)
}

/** Every thread, both lists, and the store's own verification. */
export async function compareStore(
  store: ThreadStoreLike,
  model: ThreadModel,
  known: Iterable<string>,
): Promise<void> {
  for (const id of known) await compareThread(store, model, id)
  for (const archived of [false, true]) {
    const listed: string[] = []
    let cursor: string | null | undefined
    while (cursor !== null) {
      const page = await store.listThreads({
        archived,
        includeSubagents: true,
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      })
      listed.push(...page.threads.map((thread) => thread.threadId))
      cursor = page.nextCursor
    }
    const expected = [...model.threads.values()].filter((thread) => thread.archived === archived)
    assert.deepEqual(listed.sort(), expected.map((thread) => thread.id).sort())
  }
  assert.deepEqual((await store.verify()).problems, [])
}
