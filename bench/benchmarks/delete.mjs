// Deletes, each to the erased state with its receipt: one thread in stores of growing size, against the smallest of them
// and against a bare unlink; one tree of spawned threads; all archived ones, beside a caller who goes on appending. The
// floor of a set is a loop that unlinks as many files and syncs their folder: it proves nothing and erases nothing.

import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { unlinked } from '../harness/bare-unlinks.mjs'
import { interleave, timed } from '../harness/rounds.mjs'
import { filledStore } from '../harness/stores.mjs'
import { measureArchived } from './delete-archived.mjs'

/** @typedef {import('../harness/run.mjs').Run} Run */

const settings = 'unlink of each file, fsync of their folder'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'delete',
  about: 'deletes of one thread, of a tree and of all archived threads, with their erasure',
  options: {
    rounds: { default: '9', smoke: '1', about: 'threads that are deleted of each store' },
    threads: { default: '100,10000,100000', smoke: '8,20', about: 'sizes of the stores' },
    tree: { default: '1000', smoke: '5', about: 'threads of the tree' },
    'tree-rounds': { default: '3', smoke: '1', about: 'trees' },
    archived: {
      default: '10000',
      smoke: '10',
      about: 'archived threads that are deleted in one set',
    },
    'archived-rounds': { default: '1', smoke: '1', about: 'such sets, each in a store of its own' },
  },

  async measure(run) {
    await measureOne(run)
    await measureTree(run)
    await measureArchived(run)
  },
}

/** @param {Run} run */
async function measureOne(run) {
  const sizes = run.options.numbers('threads')
  const sides = []
  const stores = []
  for (const size of sizes) {
    const { root, threads } = await filledStore(run, size)
    const store = await openThreadStore(root)
    stores.push(store)
    const parents = new Set(threads.map(({ parent }) => parent))
    const single = threads.filter(({ id, parent }) => parent === null && !parents.has(id))
    const dying = single.filter(({ archived }) => !archived).map(({ id }) => id)
    sides.push({
      name: String(size),
      measure: () => timed(() => erased(store, [dying.pop() ?? ''])),
    })
  }
  sides.push({
    name: 'bare',
    measure: (/** @type {number} */ round) => unlinked(run, `one-${round}`, 1),
  })
  const measured = await interleave(sides, run.number('rounds'))
  const roundsOf = (/** @type {string} */ name) => measured.get(name) ?? []
  const [smallest = 0] = sizes
  for (const size of sizes) {
    run.record({
      name: `one-in-${size}`,
      title: `one thread of ${size.toLocaleString('en')}`,
      unit: 'ms',
      better: 'less',
      point: { plot: 'delete-one', axis: 'threads', at: size },
      sides: [
        { name: 'cenotaph', rounds: roundsOf(String(size)) },
        ...(size === smallest
          ? []
          : [{ name: 'the smallest store', rounds: roundsOf(String(smallest)) }]),
        { name: 'bare unlinks', settings, rounds: roundsOf('bare') },
      ],
    })
  }
  for (const store of stores) await store.close()
}

/** @param {Run} run */
async function measureTree(run) {
  const size = run.number('tree')
  const store = await openThreadStore(path.join(run.folder, 'tree'))
  /** @type {number[]} */
  const ours = []
  /** @type {number[]} */
  const bare = []
  for (let round = 0; round < run.number('tree-rounds'); round += 1) {
    const parentThreadId = await store.createThread({ cwd: '/bench', name: 'the root' })
    let left = size - 1
    const spawn = async () => {
      while (left > 0) {
        left -= 1
        await store.createThread({ parentThreadId })
      }
    }
    await Promise.all(Array.from({ length: 32 }, spawn))
    ours.push(await timed(() => erased(store, [parentThreadId], size)))
    bare.push(await unlinked(run, `tree-${round}`, size))
  }
  await store.close()
  run.record({
    name: 'tree',
    title: `a tree of ${size.toLocaleString('en')} threads`,
    unit: 'ms',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds: ours },
      { name: 'bare unlinks', settings, rounds: bare },
    ],
  })
}

/**
 * @param {import('@cenotaph/core').ThreadStore} store
 * @param {readonly string[]} ids
 * @param {number} threads How many go along.
 */
async function erased(store, ids, threads = ids.length) {
  const { state, threadIds, receipt } = await store.deleteThreads(ids)
  if (state !== 'deleted' || receipt?.verification?.residue !== 0 || threadIds.length !== threads)
    throw new Error(`the delete is not done: ${state}, ${threadIds.length} threads`)
}
