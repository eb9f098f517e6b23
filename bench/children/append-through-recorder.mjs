// Appends so many MiB to a new thread through one recorder, which waits when its buffer is full.

import { openThreadStore } from '@cenotaph/core'
import { corpus } from '../harness/corpus.mjs'

const [root = '', mebibytes = ''] = process.argv.slice(2)
const store = await openThreadStore(root)
const recorder = store.recorder({ create: { cwd: '/bench' } })
const next = corpus(1)
const wanted = Number(mebibytes) * 1024 * 1024
await recorder.add(next())
const threadId = await recorder.persist()
const begin = performance.now()
let bytes = 0
while (bytes < wanted) {
  for (let n = 0; n < 1_000; n += 1) await recorder.add(next())
  bytes = (await store.readThread(threadId))?.bytes ?? 0
}
await recorder.shutdown()
const ms = performance.now() - begin
await store.close()
console.log(JSON.stringify({ bytes, ms, peakBytes: process.resourceUsage().maxRSS * 1024 }))
