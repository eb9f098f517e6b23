// The time to open a store of many threads that was closed, against an empty one, each in a process of its own. Nothing is
// in flight: what a crash leaves to finish is bounded by the checkpoint, not by the number of threads.

import path from 'node:path'
import { openThreadStore } from '@cenotaph/core'
import { runChild } from '../harness/child.mjs'
import { interleave } from '../harness/rounds.mjs'
import { filledStore } from '../harness/stores.mjs'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'open',
  about: 'time to open a store of many threads, against an empty one; a process each',
  options: {
    rounds: { default: '9', smoke: '1', about: 'rounds, every store once in each' },
    threads: { default: '1000,10000,100000', smoke: '20', about: 'sizes of the stores' },
  },

  async measure(run) {
    const empty = path.join(run.folder, 'empty')
    await (await openThreadStore(empty)).close()
    const sizes = run.options.numbers('threads')
    const sides = [{ name: 'empty', measure: () => opened(empty) }]
    for (const size of sizes) {
      const { root } = await filledStore(run, size)
      sides.push({ name: String(size), measure: () => opened(root) })
    }
    const measured = await interleave(sides, run.number('rounds'))
    for (const size of sizes) {
      run.record({
        name: `threads-${size}`,
        title: `open, ${size.toLocaleString('en')} threads`,
        unit: 'ms',
        better: 'less',
        point: { plot: 'open', axis: 'threads', at: size },
        sides: [
          { name: 'cenotaph', rounds: measured.get(String(size)) ?? [] },
          { name: 'an empty store', rounds: measured.get('empty') ?? [] },
        ],
      })
    }
  },
}

/** @param {string} root */
const opened = async (root) => (await runChild('open-store', [root])).openMs ?? 0
