import type { Journal } from '@cenotaph/journal'

/**
 * Keys and bodies under a prefix that ends in `/`, in order, a page at a time: no iterator stays open while the caller
 * works, so an erasure is never kept waiting. What is added behind the row at hand meanwhile is seen.
 */
export async function* rowsUnder(
  journal: Journal,
  prefix: string,
): AsyncGenerator<readonly [key: string, body: Uint8Array]> {
  // '0' follows '/', so this bound is right behind the last key of the prefix.
  const end = `${prefix.slice(0, -1)}0`
  let from: string | undefined = prefix
  while (from !== undefined) {
    const page: Awaited<ReturnType<Journal['page']>> = await journal.page({ gt: from, lt: end })
    yield* page.entries
    from = page.next
  }
}
