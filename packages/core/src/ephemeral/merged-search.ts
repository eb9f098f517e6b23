// A search of both halves of a store: the threads on disk, then those in memory. A cursor says which half it is of.

import { checkOptions } from '../check-options.js'
import {
  HITS_DEFAULT,
  type SearchPage,
  type SearchThreadsOptions,
} from '../reading/search-threads.js'
import { limitOf } from '../reading/thread-filters.js'

type Search = (options: SearchThreadsOptions) => Promise<SearchPage>

/** No cursor of a search begins like this by itself. */
const IN_MEMORY = 'memory.'

export async function searchInBoth(
  options: SearchThreadsOptions,
  onDisk: Search,
  inMemory: Search | undefined,
): Promise<SearchPage> {
  if (!inMemory) return onDisk(options)
  checkOptions(options, { cursor: 'text' })
  const { cursor, ...rest } = options
  if (cursor?.startsWith(IN_MEMORY))
    return ofMemory(await inMemory({ ...rest, cursor: cursor.slice(IN_MEMORY.length) }))
  const page = await onDisk(options)
  if (page.nextCursor !== null) return page
  const limit = limitOf(options.limit, HITS_DEFAULT) - page.hits.length
  const second = ofMemory(await inMemory({ ...rest, limit }))
  return {
    hits: [...page.hits, ...second.hits],
    nextCursor: second.nextCursor,
    unread: [...page.unread, ...second.unread],
  }
}

const ofMemory = (page: SearchPage): SearchPage =>
  page.nextCursor === null ? page : { ...page, nextCursor: IN_MEMORY + page.nextCursor }
