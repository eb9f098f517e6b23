// By the bytes of one thread: append, its last page, a page from its middle, a fork by reference, all of it.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { corpus } from '../harness/corpus.mjs'
import { plainItem } from '../harness/items.mjs'
import { middleOf } from '../harness/repeated.mjs'
import { writeRollout } from '../harness/rollout-file.mjs'
import { timed } from '../harness/rounds.mjs'
import { measureSizes } from './scale-sizes.mjs'

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */

/** @typedef {{ readonly id: string, readonly items: number }} Long */

/** @type {readonly { name: string, title: string, run: (store: ThreadStore, thread: Long) => Promise<unknown> }[]} */
const operations = [
  {
    name: 'append-long',
    title: 'append one',
    run: (store, { id }) => store.appendItems(id, [plainItem]),
  },
  {
    name: 'last-page',
    title: 'last page of 50',
    run: (store, { id }) => readSome(store, id, { reverse: true, limit: 50 }),
  },
  {
    name: 'middle-page',
    title: 'middle page of 50',
    run: (store, { id, items }) => readSome(store, id, { from: Math.floor(items / 2), limit: 50 }),
  },
  { name: 'fork-long', title: 'fork', run: (store, { id }) => store.forkThread(id) },
]

/** @param {import('../harness/run.mjs').Run} run */
export async function measureBytes(run) {
  const store = await openThreadStore(path.join(run.folder, 'bytes'))
  const threads = []
  for (const [index, size] of run.options.numbers('mebibytes').entries()) {
    const home = path.join(run.folder, `long-${size}`)
    const made = await writeRollout(home, {
      number: index,
      next: corpus(1),
      bytes: size * 1024 * 1024,
    })
    await store.importRollouts([home])
    await fs.rm(home, { recursive: true })
    const view = await store.readThread(made.threadId)
    threads.push({ size, id: made.threadId, items: view?.items ?? 0 })
  }
  const axis = 'MiB'
  const times = run.number('times')
  for (const { name, title, run: operate } of operations) {
    await measureSizes(
      run,
      { name, title, unit: 'ms', better: 'less', axis },
      threads.map((thread) => ({
        size: thread.size,
        measure: () => middleOf(() => operate(store, thread), times),
      })),
    )
  }
  const rate = (/** @type {number} */ size, /** @type {number} */ ms) => size / (ms / 1000)
  await measureSizes(
    run,
    { name: 'read-long', title: 'all of it', unit: 'MiB/s', better: 'more', axis },
    threads.map(({ size, id }) => ({
      size,
      measure: async () => rate(size, await timed(() => readSome(store, id, {}))),
    })),
  )
  await store.close()
}

/**
 * @param {ThreadStore} store
 * @param {string} id
 * @param {import('@cenotaph/core').ListItemsOptions} options
 */
async function readSome(store, id, options) {
  let count = 0
  for await (const _ of store.listItems(id, options)) count += 1
  if (count === 0) throw new Error('nothing was read')
}
