// What can give a thread away: every text in its lines, its name, its directory, its preview. Those that other
// threads hold too say nothing about it and are left out, as are ids of threads, which tombstones and receipts list.

import type { ThreadStore } from '@cenotaph/core'

const CHARACTERS_MIN = 6
const timePattern = /^\d{4}-\d\d-\d\dT/

export interface TellingTexts {
  /** Texts of the first set that the second does not hold. */
  readonly ofFirst: readonly string[]
  readonly ofSecond: readonly string[]
}

export async function tellingTexts(
  store: ThreadStore,
  first: readonly string[],
  second: readonly string[],
): Promise<TellingTexts> {
  const known = new Set([...first, ...second])
  const [ofFirst, ofSecond] = [await textsOf(store, first), await textsOf(store, second)]
  const only = (texts: ReadonlySet<string>, others: ReadonlySet<string>): string[] => {
    const corpus = [...others].join('\n')
    return [...texts].filter((text) => !known.has(text) && !corpus.includes(text))
  }
  return { ofFirst: only(ofFirst, ofSecond), ofSecond: only(ofSecond, ofFirst) }
}

async function textsOf(store: ThreadStore, threadIds: readonly string[]): Promise<Set<string>> {
  const texts = new Set<string>()
  const take = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.length >= CHARACTERS_MIN && !timePattern.test(value)) texts.add(value)
    } else if (typeof value === 'object' && value !== null) {
      for (const member of Object.values(value)) take(member)
    }
  }
  for (const threadId of threadIds) {
    const thread = await store.readThread(threadId)
    take([thread?.name, thread?.cwd, thread?.preview])
    for await (const item of store.listItems(threadId)) take([item.type, item.payload])
  }
  return texts
}
