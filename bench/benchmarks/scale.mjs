// How the cost of one operation grows: with the number of threads in the store, and with the bytes of the thread that it
// is done to. Every size is measured once in each round; a ratio is against the smallest size, and 1 says that the cost
// does not grow. Opening and deleting have benchmarks of their own.

import { measureBytes } from './scale-bytes.mjs'
import { measureThreads } from './scale-threads.mjs'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'scale',
  about:
    'how the cost of one operation grows with the threads of a store and the bytes of a thread',
  options: {
    rounds: { default: '5', smoke: '1', about: 'rounds, every size once in each' },
    threads: { default: '1000,10000,100000', smoke: '8,20', about: 'sizes of the stores' },
    mebibytes: { default: '1,16,256,1024', smoke: '1,2', about: 'sizes of the threads' },
    times: { default: '20', smoke: '2', about: 'operations a round' },
  },

  async measure(run) {
    await measureThreads(run)
    await measureBytes(run)
  },
}
