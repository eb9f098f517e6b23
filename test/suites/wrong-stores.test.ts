// The suite of thread stores must be able to fail: stores that are wrong in one thing, and the tests that say so.

import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { runSuite, type ThreadStoreLike, threadStoreSuite } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'

const TESTS_MIN = 60

type Change = (store: ThreadStore) => Partial<ThreadStoreLike>

const wrong: Readonly<Record<string, Change>> = {
  'forgets a rename': () => ({ renameThread: async () => {} }),
  'loses the last item of a batch': (store) => ({
    appendItems: (id, items, options) =>
      store.appendItems(id, items.length > 1 ? items.slice(0, -1) : items, options),
  }),
  'writes a batch item by item': (store) => ({
    async appendItems(id, items, options) {
      let last: Awaited<ReturnType<ThreadStore['appendItems']>> | undefined
      for (const item of items) last = await store.appendItems(id, [item], options)
      return last ?? store.appendItems(id, items, options)
    },
  }),
  'ignores keys of repeats': (store) => ({
    appendItems: (id, items, { idempotencyKey: _, ...options } = {}) =>
      store.appendItems(id, items, options),
  }),
  'forgets who is dead': (store) => ({
    readThread: (id) => store.readThread(id).catch(() => undefined),
  }),
  'deletes what is on hold': (store) => ({
    async deleteThreads(ids, options) {
      for (const id of ids) await store.unholdThread(id).catch(() => {})
      return store.deleteThreads(ids, options)
    },
  }),
  'takes forks along unasked': (store) => ({
    deleteThreads: (ids, options) => store.deleteThreads(ids, { ...options, forks: 'cascade' }),
  }),
  'lists what is archived': (store) => ({
    async listThreads(options = {}) {
      const { threads } = await store.listThreads({ ...options, archived: true, limit: 1_000 })
      const page = await store.listThreads(options)
      return options.archived ? page : { ...page, threads: [...threads, ...page.threads] }
    },
  }),
  'keeps the text of what is redacted': (store) => ({
    redactItems: async () => (await store.sweep()) as Awaited<ReturnType<ThreadStore['retry']>>,
  }),
  'restores nothing': () => ({ restoreThreads: async (ids) => [...ids] }),
  'gives attachments to the wrong thread': (store) => {
    let first: string | undefined
    return {
      attachments(id) {
        first ??= id
        return store.attachments(first)
      },
    }
  },
}

async function failuresOf(change: Change): Promise<string[]> {
  const { passed, failed } = await runSuite((test) =>
    threadStoreSuite({
      test,
      async factory() {
        const real = await openThreadStore('/nowhere', { persistence: 'none' })
        const changes = change(real)
        const store = new Proxy<ThreadStoreLike>(real, {
          get(_target, name) {
            const member = Reflect.get(real, name, real)
            const changed = changes[name as keyof ThreadStoreLike]
            return changed ?? (typeof member === 'function' ? member.bind(real) : member)
          },
        })
        return {
          value: {
            store,
            async reopen() {
              await real.reopen()
              return store
            },
          },
          remove: () => real.close(),
        }
      },
    }),
  )
  expect(passed.length + failed.length).toBeGreaterThanOrEqual(TESTS_MIN)
  return failed.map(({ name }) => name)
}

describe('a store that', () => {
  it.each(Object.keys(wrong))('%s is caught', async (name) => {
    const failed = await failuresOf(wrong[name]!)
    console.info(`a store that ${name}: caught by ${failed.length} tests, first: ${failed[0]}`)
    expect(failed.length).toBeGreaterThan(0)
  })

  it('is sound passes', async () => {
    expect(await failuresOf(() => ({}))).toEqual([])
  })
})
