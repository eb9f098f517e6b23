// What tests of a thread store say to one and read back from it.

import type { ReadItem, ThreadStoreLike } from './thread-store-like.js'

/** Ids for tests: UUIDv7 in form, ascending with `n`. */
export const threadIdOf = (n: number): string =>
  `01900000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`

/** A message of the user to the model, which no persistence policy drops. */
export const messageOf = (text: string) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

/** The text of such a message; null where it was taken out, undefined for an item that is none. */
export function textOfItem(item: {
  readonly type: string
  readonly payload: unknown
}): string | null | undefined {
  if (item.type !== 'response_item') return undefined
  const { content } = item.payload as { content?: readonly { text?: string }[] }
  return content?.[0]?.text ?? null
}

export interface ReadText {
  readonly ordinal: number
  readonly text: string | null
}

export interface TextsOptions {
  readonly reverse?: boolean
}

/** The messages of a thread, with their ordinals; in order, whichever way they are read. */
export const messagesOf = (
  store: ThreadStoreLike,
  id: string,
  options: TextsOptions = {},
): Promise<ReadText[]> => readTexts(store, id, textOfItem, options)

/** The same of the items to which `textOf` gives a text. */
export async function readTexts(
  store: ThreadStoreLike,
  id: string,
  textOf: (item: ReadItem) => string | null | undefined,
  { reverse = false }: TextsOptions,
): Promise<ReadText[]> {
  const read: ReadText[] = []
  for await (const item of store.listItems(id, { reverse })) {
    const text = textOf(item)
    if (text !== undefined) read.push({ ordinal: item.ordinal, text })
  }
  return reverse ? read.reverse() : read
}

export async function textsOf(store: ThreadStoreLike, id: string): Promise<(string | null)[]> {
  return (await messagesOf(store, id)).map(({ text }) => text)
}

/** Ids of every page of a list. */
export async function listedIds(
  store: ThreadStoreLike,
  options: {
    readonly archived?: boolean
    readonly scheduled?: boolean
    readonly includeSubagents?: boolean
    readonly limit?: number
  } = {},
): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await store.listThreads({
      ...options,
      ...(cursor === undefined ? {} : { cursor }),
    })
    ids.push(...page.threads.map((thread) => thread.threadId))
    cursor = page.nextCursor
  }
  return ids
}
