// What a store holds, as its callers see it, in a form that two moments can be compared by.

import { isStoreError, type ThreadStore } from '@cenotaph/core'

export interface ThreadFacts {
  readonly name: string | null
  readonly archived: boolean
  /** Absent where it is not on hold. */
  readonly held?: true
  /** Key and value of each; absent where there are none. */
  readonly attachments?: readonly (readonly [key: string, value: unknown])[]
  /** `text` of every item that has one, the lineage followed. */
  readonly texts: readonly string[]
}

export type StoreFacts = Readonly<Record<string, ThreadFacts>>

/** A kept item of any mode, with a text to know it by. */
export const textItem = (text: string) => ({ type: 'response_item', payload: messageOf(text) })

export const messageOf = (text: string) => ({
  type: 'message',
  role: 'user',
  content: [{ type: 'input_text', text }],
})

const textOf = (payload: unknown): string | undefined => {
  const content = (payload as { content?: { text?: unknown }[] } | undefined)?.content
  const text = content?.[0]?.text
  return typeof text === 'string' ? text : undefined
}

export async function textsOf(store: ThreadStore, threadId: string): Promise<string[]> {
  const texts: string[] = []
  for await (const { payload } of store.listItems(threadId)) {
    const text = textOf(payload)
    if (text !== undefined) texts.push(text)
  }
  return texts
}

export async function linesOf(store: ThreadStore, threadId: string): Promise<string[]> {
  const lines: string[] = []
  for await (const { line } of store.listItems(threadId)) lines.push(Buffer.from(line).toString())
  return lines
}

/** Every living thread, archived ones and spawned ones included. */
export async function livingIds(store: ThreadStore): Promise<string[]> {
  const ids: string[] = []
  for (const archived of [false, true]) {
    let cursor: string | null | undefined
    while (cursor !== null) {
      const page = await store.listThreads({
        archived,
        includeSubagents: true,
        limit: 500,
        ...(cursor === undefined ? {} : { cursor }),
      })
      ids.push(...page.threads.map((thread) => thread.threadId))
      cursor = page.nextCursor
    }
  }
  return ids
}

async function attachmentsOf(
  store: ThreadStore,
  id: string,
): Promise<Pick<ThreadFacts, 'attachments'>> {
  const attachments = store.attachments(id)
  const listed = (await attachments.list({ limit: 1_000 })).attachments
  const values = listed.map(
    async ({ kind, key }) => [key, await attachments.get(kind, key)] as const,
  )
  return listed.length > 0 ? { attachments: await Promise.all(values) } : {}
}

export async function factsOf(store: ThreadStore): Promise<StoreFacts> {
  const facts: Record<string, ThreadFacts> = {}
  for (const id of (await livingIds(store)).sort()) {
    const view = await store.readThread(id)
    if (!view) continue
    facts[id] = {
      name: view.name,
      archived: view.state === 'archived',
      texts: await textsOf(store, id),
      ...(await attachmentsOf(store, id)),
      ...(view.held ? { held: true as const } : {}),
    }
  }
  return facts
}

/** The code of what a call throws; `resolved` where it does not, and the error itself where it has no code. */
export async function codeOf(run: () => unknown): Promise<unknown> {
  try {
    await run()
    return 'resolved'
  } catch (error) {
    return isStoreError(error) ? error.code : error
  }
}

/** The typed error of a call that must not succeed. */
export async function errorOf(run: () => unknown) {
  try {
    await run()
  } catch (error) {
    if (isStoreError(error)) return error
    throw error
  }
  throw new Error('the call resolved')
}
