// Opens the store at a root, and gets its first page: how long each takes from here, and the process's memory.

import { openThreadStore } from '@cenotaph/core'

const [root = ''] = process.argv.slice(2)
const begin = performance.now()
const store = await openThreadStore(root)
const openMs = performance.now() - begin
await store.listThreads({ sort: 'updated', limit: 50 })
// Of this process: since its own beginning, which is that of this clock.
const sinceStartMs = performance.now()
await store.close()
console.log(
  JSON.stringify({ openMs, sinceStartMs, peakBytes: process.resourceUsage().maxRSS * 1024 }),
)
