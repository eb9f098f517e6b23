// Appends. Durable ones against the floor, a bare loop that awaits write and fdatasync of the same bytes, and against
// peers that are given the ready lines, a commit for as many as wait at the same time; buffered ones against bare writes
// without a sync. Then one caller's appends while checkpoints run, against the same caller's between them.
//
// Cenotaph's callers give items and await each; building the lines, a promise each and the checkpoints that fall due are
// in its figure. Peers and floor get bytes; a second floor makes its lines itself.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { groupOf, plainItem } from '../harness/items.mjs'
import { timed } from '../harness/rounds.mjs'
import { bareJsonl, builtJsonl, installedPeers } from '../peers/index.mjs'
import { measureCheckpoints } from './append-checkpoint.mjs'

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */
/** @typedef {import('../harness/run.mjs').Run} Run */
/** @typedef {import('../peers/peer.mjs').PeerStore} PeerStore */

/**
 * @typedef {object} Case
 * @property {string} name
 * @property {string} title
 * @property {number} items In a round.
 * @property {number} perGroup Lines that wait at the same time.
 * @property {number} threads
 * @property {(store: ThreadStore, ids: readonly string[]) => Promise<void>} append
 */

const FLUSH_ITEMS = 1_000

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'append',
  about: 'appends of items of about 650 bytes, against bare writes and against peers',
  options: {
    rounds: { default: '7', smoke: '2', about: 'rounds, every side once in each' },
    items: { default: '512', smoke: '8', about: 'items a round of one caller' },
    'grouped-items': { default: '4096', smoke: '128', about: 'items a round of 64 callers' },
    batches: { default: '8', smoke: '1', about: 'batches of 1 MiB a round' },
    'buffered-items': { default: '10000', smoke: '1000', about: 'buffered items a round' },
    checkpoints: { default: '10', smoke: '1', about: 'checkpoints a round' },
  },

  async measure(run) {
    const store = await openThreadStore(path.join(run.folder, 'root'))
    /** @type {string[]} */
    const ids = []
    for (let n = 0; n < 64; n += 1) ids.push(await store.createThread({ cwd: '/bench' }))
    const { bytes: lineBytes } = await store.appendItems(ids[0] ?? '', [plainItem])
    const peers = [bareJsonl, builtJsonl, ...(await installedPeers(run))]
    const opened = await Promise.all(
      peers.map(async (peer, index) => {
        const folder = path.join(run.folder, `peer-${index}`)
        await fs.mkdir(folder)
        return { ...peer, store: await peer.open(folder) }
      }),
    )
    for (const one of casesOf(run, lineBytes)) {
      const { items, perGroup, threads } = one
      const group = groupOf(perGroup, lineBytes, threads)
      await run.compare({ name: one.name, title: one.title, unit: 'items/s', better: 'more' }, [
        { name: 'cenotaph', measure: async () => rateOf(items, () => one.append(store, ids)) },
        ...opened.map(({ name, settings, store: peer }) => ({
          name,
          settings,
          measure: async () => rateOf(items, () => appendGroups(peer, group, items)),
        })),
      ])
    }
    await measureBuffered(run, store, ids[0] ?? '', lineBytes)
    for (const { store: peer } of opened) await peer.close()
    await store.close()
    await measureCheckpoints(run)
  },
}

/**
 * @param {Run} run
 * @param {number} lineBytes
 * @returns {readonly Case[]}
 */
function casesOf(run, lineBytes) {
  const perBatch = Math.floor((1024 * 1024) / lineBytes)
  const batch = Array.from({ length: perBatch }, () => plainItem)
  const batched = perBatch * run.number('batches')
  /** @param {number} callers @param {number} threads @param {string} option */
  const awaiting = (callers, threads, option) => {
    const items = run.number(option)
    return {
      items,
      perGroup: callers,
      threads,
      append: (/** @type {ThreadStore} */ store, /** @type {readonly string[]} */ ids) =>
        appendAwaiting(store, ids.slice(0, threads), { callers, items }),
    }
  }
  return [
    { name: 'one-caller', title: '1 caller', ...awaiting(1, 1, 'items') },
    { name: '64-on-1', title: '64 callers, 1 thread', ...awaiting(64, 1, 'grouped-items') },
    { name: '64-on-64', title: '64 callers, 64 threads', ...awaiting(64, 64, 'grouped-items') },
    {
      name: 'batches',
      title: 'batches of 1 MiB',
      items: batched,
      perGroup: perBatch,
      threads: 1,
      async append(store, ids) {
        for (let done = 0; done < batched; done += perBatch)
          await store.appendItems(ids[0] ?? '', batch)
      },
    },
  ]
}

/**
 * Items a second.
 *
 * @param {number} items
 * @param {() => Promise<void>} append
 */
const rateOf = async (items, append) => items / ((await timed(append)) / 1000)

/**
 * `callers` callers, each awaiting its item before the next.
 *
 * @param {ThreadStore} store
 * @param {readonly string[]} ids
 * @param {{ readonly callers: number, readonly items: number }} load
 */
async function appendAwaiting(store, ids, { callers, items }) {
  let left = items
  const caller = async (/** @type {string} */ id) => {
    while (left > 0) {
      left -= 1
      await store.appendItems(id, [plainItem])
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, n) => caller(ids[n % ids.length] ?? '')))
}

/**
 * @param {PeerStore} peer
 * @param {import('../peers/peer.mjs').Group} group
 * @param {number} items
 */
async function appendGroups(peer, group, items) {
  for (let done = 0; done < items; done += group.lines.length) await peer.append(group)
}

/**
 * One caller, awaiting each item, with a flush every 1,000; the floor awaits as many writes and syncs nothing.
 *
 * @param {Run} run
 * @param {ThreadStore} store
 * @param {string} id
 * @param {number} lineBytes
 */
async function measureBuffered(run, store, id, lineBytes) {
  const items = run.number('buffered-items')
  const { joined } = groupOf(1, lineBytes, 1)
  const file = await fs.open(path.join(run.folder, 'unsynced.jsonl'), 'a')
  await run.compare(
    {
      name: 'buffered',
      title: `buffered, flush every ${FLUSH_ITEMS.toLocaleString('en')}`,
      unit: 'items/s',
      better: 'more',
    },
    [
      {
        name: 'cenotaph',
        measure: async () =>
          rateOf(items, async () => {
            for (let done = 1; done <= items; done += 1) {
              await store.appendItems(id, [plainItem], { durability: 'buffered' })
              if (done % FLUSH_ITEMS === 0) await store.flush(id)
            }
          }),
      },
      {
        name: 'bare writes',
        settings: 'one file; write of node:fs/promises, each awaited; no sync',
        measure: async () =>
          rateOf(items, async () => {
            for (let done = 0; done < items; done += 1) await file.write(joined)
          }),
      },
    ],
  )
  await file.close()
}
