// @ts-check
// A process that wants a store which others want too. It is ready when it says so, and begins with the next line of its
// input. It tries again while the store is locked, and has it for some lines, each told once it was acknowledged:
//
//   {"ready":true}
//   {"refused":"STORE_LOCKED","retryable":true,"pid":123}   of each try; `pid` where the owner is known
//   {"has":1}                                               its first, second, … time
//   {"line":"2 1 0"}                                        its name, which time, which line
//   {"left":1}                                              closed again
//
// Arguments: root, thread, name, how often, how many lines, and `kill` where it is to end by SIGKILL instead of the last
// close.

import { createInterface } from 'node:readline'
import { isStoreError, openThreadStore } from '@cenotaph/core'

const [root = '', threadId = '', name = '', times = '1', lines = '1', end = ''] =
  process.argv.slice(2)

const PAUSE_MS = 10

/** @param {Record<string, unknown>} fact */
const say = (fact) => console.log(JSON.stringify(fact))

/** @param {string} text */
const item = (text) => ({
  type: 'response_item',
  payload: { type: 'message', role: 'user', content: [{ type: 'input_text', text }] },
})

async function open() {
  for (;;) {
    try {
      return await openThreadStore(root, { ballastBytes: 4096 })
    } catch (error) {
      if (!isStoreError(error)) throw error
      const { code, retryable, detail } = error
      say({ refused: code, retryable, pid: detail.pid, host: detail.host })
      if (code !== 'STORE_LOCKED') process.exit(1)
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
    }
  }
}

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
say({ ready: true })
await input.next()
for (let time = 1; time <= Number(times); time += 1) {
  const store = await open()
  say({ has: time })
  if (!(await store.readThread(threadId))) await store.createThread({ threadId, cwd: '/work' })
  for (let n = 0; n < Number(lines); n += 1) {
    const line = `${name} ${time} ${n}`
    await store.appendItems(threadId, [item(line)])
    say({ line })
  }
  if (end === 'kill' && time === Number(times)) process.kill(process.pid, 'SIGKILL')
  await store.close()
  say({ left: time })
}
process.exit(0)
