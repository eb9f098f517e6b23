// How long one caller's appends wait while something else runs.

import { setTimeout as pause } from 'node:timers/promises'
import { plainItem } from './items.mjs'

/**
 * Runs something beside a caller who appends, a millisecond between two items.
 *
 * @template T
 * @param {import('@cenotaph/core').ThreadStore} store
 * @param {string} live The caller's thread.
 * @param {() => Promise<T>} run
 */
export async function besideAppends(store, live, run) {
  let over = false
  /** @type {number[]} */
  const waits = []
  let residentBytes = 0
  const caller = (async () => {
    while (!over) {
      const begin = performance.now()
      await store.appendItems(live, [plainItem])
      waits.push(performance.now() - begin)
      residentBytes = Math.max(residentBytes, process.memoryUsage().rss)
      await pause(1)
    }
  })()
  const begin = performance.now()
  try {
    const result = await run()
    const ms = performance.now() - begin
    over = true
    await caller
    return { result, ms, waits, residentBytes }
  } finally {
    over = true
    await caller
  }
}
