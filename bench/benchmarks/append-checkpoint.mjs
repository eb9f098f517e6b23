// What an append waits while a checkpoint runs: its p99 then, against the p50 of the same caller between checkpoints. The
// checkpoint has 4 MiB of appends to make durable, to trim and to erase.

import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { plainItem } from '../harness/items.mjs'
import { quantile } from '../harness/statistics.mjs'

/** @typedef {import('@cenotaph/core').ThreadStore} ThreadStore */

const JOURNALED_BYTES = 4 * 1024 * 1024
const BATCH_ITEMS = 256
const APPENDS_BETWEEN = 200

/** @param {import('../harness/run.mjs').Run} run */
export async function measureCheckpoints(run) {
  const store = await openThreadStore(path.join(run.folder, 'checkpoints'))
  const [live, other] = [
    await store.createThread({ cwd: '/bench' }),
    await store.createThread({ cwd: '/bench' }),
  ]
  /** @type {number[]} */
  const during = []
  /** @type {number[]} */
  const between = []
  for (let round = 0; round < run.number('rounds'); round += 1) {
    /** @type {number[]} */
    const waits = []
    /** @type {number[]} */
    const calm = []
    for (let n = 0; n < run.number('checkpoints'); n += 1) {
      await fill(store, other)
      for (let m = 0; m < APPENDS_BETWEEN; m += 1) calm.push(await appendOne(store, live))
      let over = false
      const checkpoint = store.checkpoint().then(() => {
        over = true
      })
      while (!over) waits.push(await appendOne(store, live))
      await checkpoint
    }
    during.push(quantile(waits, 0.99))
    between.push(quantile(calm, 0.5))
  }
  await store.close()
  run.record({
    name: 'checkpoint',
    title: 'p99 of an append in a checkpoint',
    unit: 'ms',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds: during },
      { name: 'p50 between checkpoints', rounds: between },
    ],
  })
}

/**
 * @param {ThreadStore} store
 * @param {string} id
 */
async function fill(store, id) {
  const items = Array.from({ length: BATCH_ITEMS }, () => plainItem)
  for (let bytes = 0; bytes < JOURNALED_BYTES; ) bytes += (await store.appendItems(id, items)).bytes
}

/**
 * @param {ThreadStore} store
 * @param {string} id
 */
async function appendOne(store, id) {
  const begin = performance.now()
  await store.appendItems(id, [plainItem])
  return performance.now() - begin
}
