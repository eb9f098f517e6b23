// A process that opens a store, deletes threads where it is given any, and kills itself at a named instant: SIGKILL,
// which no program can catch or tidy up after. Run by the demo as a program of its own.
//
//   node killed-child.js ROOT INSTANT [THREAD…]

import { openThreadStore } from '@cenotaph/core'

const [root, instant, ...threadIds] = process.argv.slice(2)
if (root === undefined || instant === undefined) throw new Error('root and instant are missing')

const store = await openThreadStore(root, {
  requestedBy: 'cenotaph demo',
  crashPoint(name) {
    if (name !== instant) return undefined
    process.kill(process.pid, 'SIGKILL')
    // Nothing may happen between the signal and its arrival.
    return new Promise<void>(() => {})
  },
})
if (threadIds.length > 0) await store.deleteThreads(threadIds, { reason: 'the customer asked' })
await store.close()
