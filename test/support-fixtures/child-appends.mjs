// @ts-check
// Appends lines to a new thread and tells each acknowledgement on stdout, until it is killed. With `buffered` the
// lines are buffered, and only what a flush has made durable is told.
import { openThreadStore } from '@cenotaph/core'

const [root = '', threadId = '', mode = 'durable'] = process.argv.slice(2)
const buffered = mode === 'buffered'
const store = await openThreadStore(root, { ballastBytes: 4096, bufferedMs: 3_600_000 })
await store.createThread({ threadId })
for (let n = 0; ; n += 1) {
  const payload = { type: 'message', role: 'user', content: [{ type: 'input_text', text: `${n}` }] }
  const options = buffered ? { durability: /** @type {const} */ ('buffered') } : {}
  await store.appendItems(threadId, [{ type: 'response_item', payload }], options)
  if (buffered && n % 5 !== 4) continue
  if (buffered) await store.flush()
  process.stdout.write(`${n}\n`)
}
