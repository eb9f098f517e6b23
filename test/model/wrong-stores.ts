// Stores that are wrong in one thing, which the model must find: always, or only where calls are under way at once.

import type { Recorder, ThreadStore } from '@cenotaph/core'
import type { ThreadId } from '@cenotaph/rollout'
import type { OpenedSystem } from '@cenotaph/testing'
import { type Change, onMachine } from './systems.js'

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
  'has a recorder that loses a line': (store) => ({
    async resumeThread(id, resumeOptions) {
      const resumed = await store.resumeThread(id, resumeOptions)
      const { recorder } = resumed
      const whole = recorder.add.bind(recorder)
      const add: typeof whole = (...items) =>
        whole(...items.slice(0, Math.max(1, items.length - 1)))
      return Object.assign(resumed, { recorder: Object.assign(recorder, { add }) })
    },
  }),
  'lets others append while a thread has a writer': (store) => ({
    appendItems: (id, items, appendOptions) => {
      const { writer } = (store as unknown as Inside).context.threads.peek(id) ?? {}
      return store.appendItems(id, items, { ...appendOptions, ...(writer ? { writer } : {}) })
    },
  }),
  'does not check the plan': (store) => ({
    deleteThreads: (ids, { expectPlan: _, ...deleteOptions } = {}) =>
      store.deleteThreads(ids, deleteOptions),
  }),
  'deletes in a dry run': (store) => ({
    async deleteThreads(ids, deleteOptions = {}) {
      const planned = await store.deleteThreads(ids, deleteOptions)
      if (deleteOptions.dryRun && planned.wouldRefuse === null)
        await store.deleteThreads(ids, { forks: deleteOptions.forks ?? 'refuse' })
      return planned
    },
  }),
  'takes a turn that was aborted for one that was completed': (store) => ({
    async listTurns(id, turnOptions) {
      const page = await store.listTurns(id, turnOptions)
      const turns = page.turns.map((turn) => ({
        ...turn,
        status: turn.status === 'aborted' ? ('completed' as const) : turn.status,
      }))
      return { ...page, turns }
    },
  }),
  'tells payloads of the dead': (store) => ({
    async *events(eventsOptions) {
      for await (const event of store.events(eventsOptions))
        yield event.payload === null ? { ...event, payload: {} } : event
    },
  }),
  'watches from the beginning, wherever it is asked to': (store) => ({
    watch: ({ after: _, ...watchOptions } = {}) => store.watch(watchOptions),
  }),
  'forgets receipts': () => ({ listReceipts: async () => [] }),
  'resolves a name that two threads have': (store) => ({
    resolveThread: (text) =>
      store.resolveThread(text).catch((error: { code?: unknown; detail?: never }) => {
        if (error.code !== 'THREAD_AMBIGUOUS') throw error
        return (error.detail as unknown as { candidates: ThreadId[] }).candidates[0]!
      }),
  }),
  'counts what waits for a date': (store) => ({
    async stats() {
      const { threads } = await store.listThreads({ scheduled: true, includeSubagents: true })
      const counted = await store.stats()
      return { ...counted, threads: counted.threads + threads.length }
    },
  }),
}

/** Wrong where the power goes, or where a backup comes back. */
export const wrongOnMachine: Readonly<Record<string, () => Promise<OpenedSystem>>> = {
  'has a backup that brings back the deleted': () => onMachine({ tombstones: 'none' }),
  'has a backup without attachments': () =>
    onMachine({
      change: () => ({}),
      restored: async (store) => {
        const { threads } = await store.listThreads({ includeSubagents: true })
        for (const { threadId } of threads) await store.attachments(threadId).delete('kind', 'a')
      },
    }),
  'makes a thread that should be in memory on disk': () =>
    onMachine({
      change: (store) => ({
        createThread: ({ ephemeral: _, ...createOptions } = {}) =>
          store.createThread(createOptions),
      }),
    }),
  'forks to disk what should be in memory': () =>
    onMachine({
      change: (store) => ({
        forkThread: (id, { ephemeral: _, ...forkOptions } = {}) =>
          store.forkThread(id, forkOptions),
      }),
    }),
  'forgets a backup that nobody forgot': () =>
    onMachine({ change: () => ({ listBackups: async () => [] }) }),
}

interface Inside {
  readonly context: {
    readonly locks: object
    readonly threads: { peek(id: string): { readonly writer?: Recorder } | undefined }
  }
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
      const { expectPlan: _, ...looked } = deleteOptions ?? {}
      const plan = await store.deleteThreads(ids, { ...looked, dryRun: true })
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
