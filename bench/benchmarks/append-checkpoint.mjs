// What an append waits while a checkpoint runs: its p99 then, against the p50 of the same caller between checkpoints, and
// against the p99 there. The checkpoint has 4 MiB of appends to make durable, to trim and to erase. Plain `level` beside
// it does what of this is LevelDB's: 4 MiB of lines are deleted and compacted while one caller awaits each of its lines.

import fs from 'node:fs/promises'
import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { groupOf, plainItem } from '../harness/items.mjs'
import { timed } from '../harness/rounds.mjs'
import { quantile } from '../harness/statistics.mjs'
import { level } from '../peers/level.mjs'

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
  /** @type {number[]} */
  const tail = []
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
    tail.push(quantile(calm, 0.99))
  }
  await store.close()
  const floor = await levelWhileItCompacts(run)
  run.record({
    name: 'checkpoint',
    title: 'p99 of an append in a checkpoint',
    unit: 'ms',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds: during },
      { name: 'p50 between checkpoints', rounds: between },
      { name: 'p99 between checkpoints', settings: 'what the disk does by itself', rounds: tail },
      ...(floor
        ? [{ name: 'level, compacting', settings: floor.settings, rounds: floor.waits }]
        : []),
    ],
  })
}

/** @param {import('../harness/run.mjs').Run} run */
async function levelWhileItCompacts(run) {
  const peer = await level()
  if (!peer) return undefined
  const folder = path.join(run.folder, 'compacting')
  await fs.mkdir(folder)
  const store = await peer.open(folder)
  const bytes = Buffer.byteLength(JSON.stringify(plainItem))
  const [one, many] = [groupOf(1, bytes, 1), groupOf(BATCH_ITEMS, bytes, 1)]
  const filled = { ...many, threads: many.threads.map(() => 1) }
  /** @type {number[]} */
  const rounds = []
  for (let round = 0; round < run.number('rounds'); round += 1) {
    /** @type {number[]} */
    const waits = []
    for (let n = 0; n < run.number('checkpoints'); n += 1) {
      for (let done = 0; done < JOURNALED_BYTES; done += BATCH_ITEMS * bytes)
        await store.append(filled)
      await store.remove([1])
      let over = false
      const compacting = store.reclaim().then(() => {
        over = true
      })
      while (!over) waits.push(await timed(() => store.append(one)))
      await compacting
    }
    rounds.push(quantile(waits, 0.99))
  }
  await store.close()
  return { settings: `${peer.settings}; deleted, then compactRange`, waits: rounds }
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
