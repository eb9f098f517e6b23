// Opens the store at a root and reads all of one thread.

import { openThreadStore } from '@cenotaph/core'

const [root = '', threadId = ''] = process.argv.slice(2)
const store = await openThreadStore(root)
let items = 0
for await (const _ of store.listItems(threadId)) items += 1
await store.close()
console.log(JSON.stringify({ items, peakBytes: process.resourceUsage().maxRSS * 1024 }))
