// By the number of threads: create, append, look one up, a page of the list, a page of one folder, a fork.

import { openThreadStore } from '@cenotaph/core'
import { cwdOf } from '../harness/fill.mjs'
import { plainItem } from '../harness/items.mjs'
import { middleOf } from '../harness/repeated.mjs'
import { filledStore } from '../harness/stores.mjs'
import { measureSizes } from './scale-sizes.mjs'

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */

/** @type {readonly { name: string, title: string, run: (store: ThreadStore, id: () => string) => Promise<unknown> }[]} */
const operations = [
  { name: 'create', title: 'create', run: (store) => store.createThread({ cwd: '/bench' }) },
  { name: 'append', title: 'append one', run: (store, id) => store.appendItems(id(), [plainItem]) },
  { name: 'show', title: 'look one up', run: (store, id) => store.readThread(id()) },
  {
    name: 'page',
    title: 'page of 50 by activity',
    run: (store) => store.listThreads({ sort: 'updated', limit: 50 }),
  },
  {
    name: 'folder',
    title: 'page of 50 of a folder',
    run: (store) => store.listThreads({ cwd: cwdOf(1), limit: 50 }),
  },
  { name: 'fork', title: 'fork', run: (store, id) => store.forkThread(id()) },
]

/** @param {import('../harness/run.mjs').Run} run */
export async function measureThreads(run) {
  const stores = []
  for (const size of run.options.numbers('threads')) {
    const { root, threads } = await filledStore(run, size)
    const usable = threads.filter(({ archived }) => !archived)
    let turn = 0
    // Never the same one twice in a row, and all over the store.
    const id = () => {
      turn += 7_919
      return usable[turn % usable.length]?.id ?? ''
    }
    stores.push({ size, id, store: await openThreadStore(root) })
  }
  const times = run.number('times')
  for (const { name, title, run: operate } of operations) {
    await measureSizes(
      run,
      { name, title, unit: 'ms', better: 'less', axis: 'threads' },
      stores.map(({ size, store, id }) => ({
        size,
        measure: () => middleOf(() => operate(store, id), times),
      })),
    )
  }
  for (const { store } of stores) await store.close()
}
