// Stores that are wrong in one thing, which the model must find: always, or only where calls are under way at once.

import type { ThreadStore } from '@cenotaph/core'
import type { Change } from './systems.js'

export const wrong: Readonly<Record<string, Change>> = {
  'forgets a rename': () => ({ renameThread: async () => {} }),
  'deletes what is held': (store) => ({
    async deleteThreads(ids, deleteOptions) {
      for (const id of ids) await store.unholdThread(id).catch(() => {})
      return store.deleteThreads(ids, deleteOptions)
    },
  }),
  'takes forks along unasked': (store) => ({
    deleteThreads: (ids, deleteOptions) =>
      store.deleteThreads(ids, { ...deleteOptions, forks: 'cascade' }),
  }),
  'loses the last line of a batch': (store) => ({
    appendItems: (id, items, appendOptions) =>
      store.appendItems(id, items.length > 1 ? items.slice(0, -1) : items, appendOptions),
  }),
  'restores nothing': () => ({ restoreThreads: async (ids) => [...ids] }),
  'deletes at once what has a date': (store) => ({
    deleteThreads: (ids, { in: _, ...deleteOptions } = {}) =>
      store.deleteThreads(ids, deleteOptions),
  }),
  'forks the whole of what it is asked a part of': (store) => ({
    forkThread: (id, { throughOrdinal: _, ...forkOptions }) => store.forkThread(id, forkOptions),
  }),
  'appends wherever the caller believes the end is': (store) => ({
    appendItems: (id, items, { expectedOrdinal: _, ...appendOptions } = {}) =>
      store.appendItems(id, items, appendOptions),
  }),
  'finds nothing in what is archived': (store) => ({
    searchThreads: async (text, searchOptions = {}) =>
      searchOptions.archived
        ? { hits: [], nextCursor: null, unread: [] }
        : store.searchThreads(text, searchOptions),
  }),
  'reads a page from the wrong end': (store) => ({
    listItems: (id, { limit, ...listOptions } = {}) =>
      store.listItems(
        id,
        limit === undefined || listOptions.reverse
          ? { ...listOptions, ...(limit === undefined ? {} : { limit }) }
          : { limit, ...listOptions, reverse: true },
      ),
  }),
  'compresses away': (store) => ({
    async compressThreads(ids) {
      for (const id of ids)
        await store.redactItems(id, [1], 'smaller').catch((error: { code?: unknown }) => {
          if (error.code !== 'ORDINAL_NOT_FOUND' && error.code !== 'THREAD_HELD') throw error
        })
      return store.compressThreads(ids)
    },
  }),
  'forgets keys of repeats': (store) => ({
    appendItems: (id, items, { idempotencyKey: _, ...appendOptions } = {}) =>
      store.appendItems(id, items, appendOptions),
  }),
}

interface Inside {
  readonly context: { readonly locks: object }
}

/** Right while calls come one after the other. */
export const wrongAtOnce: Readonly<Record<string, Change>> = {
  'takes no locks': (store: ThreadStore) => {
    const { locks } = (store as unknown as Inside).context
    Object.assign(locks, { acquire: async () => () => {}, trySharedNow: () => () => {} })
    return { renameThread: (id, name) => store.renameThread(id, name) }
  },
  'looks for a hold, and deletes a turn later': (store, turns) => ({
    async deleteThreads(ids, deleteOptions) {
      const plan = await store.deleteThreads(ids, { ...deleteOptions, dryRun: true })
      if (plan.held.length > 0) return store.deleteThreads(ids, deleteOptions)
      await turns?.wait('before the delete')
      for (const id of plan.threadIds) await store.unholdThread(id).catch(() => {})
      return store.deleteThreads(ids, deleteOptions)
    },
  }),
  'writes a batch line by line': (store) => ({
    async appendItems(id, items, { idempotencyKey, ...appendOptions } = {}) {
      if (idempotencyKey !== undefined)
        return store.appendItems(id, items, { ...appendOptions, idempotencyKey })
      let written = 0
      for (const item of items)
        written += (await store.appendItems(id, [item], appendOptions)).written
      return { written }
    },
  }),
}
