// Pages of 50 threads, the last active first: all, of one folder, archived, of one parent, with a search term. Against the
// same queries on SQLite with an index for each order. Both are asked for the same page again and again, so all that they
// keep in memory is there; the p50 of a round counts. Then again with a change of some thread before each page.

import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { cwdOf, rareWord } from '../harness/fill.mjs'
import { middleOf } from '../harness/repeated.mjs'
import { timed } from '../harness/rounds.mjs'
import { quantile } from '../harness/statistics.mjs'
import { filledStore } from '../harness/stores.mjs'
import { sqliteDrivers } from '../peers/index.mjs'
import { sqliteThreads } from '../peers/sqlite-threads.mjs'

/** @typedef {import('@cenotaph/core').ListThreadsOptions} ListThreadsOptions */
/** @typedef {Awaited<ReturnType<typeof sqliteThreads>>} Lists */

const settings = 'WAL, one index an order, prepared statements, whole rows'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'list',
  about: 'pages of 50 threads in five ways, against the same queries on SQLite',
  options: {
    rounds: { default: '7', smoke: '1', about: 'rounds, every side once in each' },
    threads: {
      default: '10000',
      smoke: '40',
      about: 'threads in the store; several sizes with commas',
    },
    times: { default: '50', smoke: '2', about: 'pages a round' },
  },

  async measure(run) {
    for (const size of run.options.numbers('threads')) await measureSize(run, size)
  },
}

/**
 * @param {import('../harness/run.mjs').Run} run
 * @param {number} size
 */
async function measureSize(run, size) {
  const { root, threads } = await filledStore(run, size)
  const store = await openThreadStore(root)
  const parent = threads.find(({ parent: id }) => id !== null)?.parent ?? ''
  const peers = await Promise.all(
    (await sqliteDrivers(run)).map(async (driver) => {
      const folder = path.join(run.folder, `${driver.name.replace(/\W/g, '-')}-${size}`)
      return { name: driver.name, lists: await sqliteThreads(driver, folder, threads) }
    }),
  )
  /** @type {readonly { name: string, options: ListThreadsOptions, ask: (lists: Lists) => unknown[] }[]} */
  const queries = [
    { name: 'page', options: {}, ask: (lists) => lists.all() },
    { name: 'cwd', options: { cwd: cwdOf(1) }, ask: (lists) => lists.cwd(cwdOf(1)) },
    { name: 'archived', options: { archived: true }, ask: (lists) => lists.archived() },
    {
      name: 'parent',
      options: { parentThreadId: parent },
      ask: (lists) => lists.parent(parent),
    },
    { name: 'search', options: { search: rareWord }, ask: (lists) => lists.search(rareWord) },
  ]
  for (const { name, options, ask } of queries) {
    const page = () => store.listThreads({ ...options, sort: 'updated', limit: 50 })
    /** @type {readonly string[]} */
    const ids = (await page()).threads.map(({ threadId }) => threadId)
    for (const { name: peer, lists } of peers) {
      const theirs = ask(lists).map((row) => /** @type {{ id: string }} */ (row).id)
      if (ids.join() !== theirs.join()) throw new Error(`${peer} has another page: ${name}`)
    }
    const times = run.number('times')
    const another = threads.find(({ id }) => !ids.includes(id))?.id ?? ''
    const theirs = peers.map(({ name: peer, lists }) => ({
      name: peer,
      settings,
      measure: () => middleOf(() => ask(lists), times),
    }))
    const sizeText = `${size.toLocaleString('en')} threads (${ids.length} rows)`
    const unit = /** @type {const} */ ({ unit: 'ms', better: 'less' })
    await run.compare(
      {
        name: `${name}-${size}`,
        title: `${name}, ${sizeText}`,
        ...unit,
        point: { plot: `list-${name}`, axis: 'threads', at: size },
      },
      [{ name: 'cenotaph', measure: () => middleOf(page, times) }, ...theirs],
    )
    await run.compare(
      {
        name: `${name}-changed-${size}`,
        title: `${name} after a change, ${sizeText}`,
        ...unit,
        point: { plot: `list-${name}-changed`, axis: 'threads', at: size },
      },
      [
        { name: 'cenotaph', measure: () => middleAfterChanges(store, another, page, times) },
        ...theirs,
      ],
    )
  }
  for (const { lists } of peers) lists.close()
  await store.close()
}

/**
 * Of a page that nobody has asked for since a thread, which is not in it, got another name. SQLite asks its tables each time.
 *
 * @param {import('@cenotaph/core').ThreadStore} store
 * @param {string} another
 * @param {() => Promise<unknown>} page
 * @param {number} times
 */
async function middleAfterChanges(store, another, page, times) {
  /** @type {number[]} */
  const waits = []
  for (let n = 0; n < times; n += 1) {
    await store.renameThread(another, `name ${n}`)
    waits.push(await timed(page))
  }
  return quantile(waits, 0.5)
}
