// One delete of all archived threads of a store, beside a caller who goes on appending to one that is in use: its time, and
// the longest wait of an append, against the same caller's while no delete runs.

import { setTimeout as pause } from 'node:timers/promises'
import { openThreadStore } from '@cenotaph/core'
import { unlinked } from '../harness/bare-unlinks.mjs'
import { besideAppends } from '../harness/beside.mjs'
import { filledStore } from '../harness/stores.mjs'

const ALONE_MS = 2_000

/** @param {import('../harness/run.mjs').Run} run */
export async function measureArchived(run) {
  const count = run.number('archived')
  const seconds = /** @type {number[]} */ ([])
  const bareSeconds = /** @type {number[]} */ ([])
  const longest = /** @type {number[]} */ ([])
  const longestAlone = /** @type {number[]} */ ([])
  const memory = /** @type {number[]} */ ([])
  const memoryAlone = /** @type {number[]} */ ([])
  for (let round = 0; round < run.number('archived-rounds'); round += 1) {
    const { root, threads } = await filledStore(run, count, { plain: true, textBytes: 4_096 })
    const store = await openThreadStore(root)
    for (let start = 0; start < threads.length; start += 500)
      await store.archiveThreads(threads.slice(start, start + 500).map(({ id }) => id))
    const live = await store.createThread({ cwd: '/live' })
    await store.checkpoint()
    bareSeconds.push((await unlinked(run, `archived-${round}`, count)) / 1000)
    const alone = await besideAppends(store, live, () => pause(run.options.smoke ? 20 : ALONE_MS))
    const { result, ms, waits, residentBytes } = await besideAppends(store, live, () =>
      store.deleteThreads({ archived: true }),
    )
    if (result.state !== 'deleted' || result.threadIds.length !== count)
      throw new Error(`the delete is not done: ${result.state}, ${result.threadIds.length} threads`)
    seconds.push(ms / 1000)
    longest.push(Math.max(...waits))
    longestAlone.push(Math.max(...alone.waits))
    memory.push(residentBytes / 1e6)
    memoryAlone.push(alone.residentBytes / 1e6)
    await store.close()
  }
  const of = `${count.toLocaleString('en')} archived threads`
  run.record({
    name: 'archived',
    title: `all of ${of}`,
    unit: 's',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds: seconds },
      { name: 'bare unlinks', rounds: bareSeconds },
    ],
  })
  run.record({
    name: 'archived-wait',
    title: 'longest wait of an append meanwhile',
    unit: 'ms',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds: longest },
      { name: 'without a delete', rounds: longestAlone },
    ],
  })
  run.record({
    name: 'archived-memory',
    title: 'memory meanwhile',
    unit: 'MB',
    better: 'less',
    sides: [
      { name: 'cenotaph', rounds: memory },
      { name: 'without a delete', rounds: memoryAlone },
    ],
  })
}
