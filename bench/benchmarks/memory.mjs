// The memory of a process that appends a gigabyte to one thread through one recorder, against a process that loaded the
// engine and appended nothing; and how fast it went. In the figure is a pool of about 9 MiB of items that are appended
// again and again.

import fs from 'node:fs/promises'
import path from 'node:path'
import { runChild } from '../harness/child.mjs'

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'memory',
  about: 'memory of a process that appends a gigabyte through one recorder',
  options: {
    rounds: { default: '3', smoke: '1', about: 'rounds, a process each' },
    mebibytes: { default: '1024', smoke: '2', about: 'MiB that are appended' },
  },

  async measure(run) {
    const root = path.join(run.folder, 'root')
    const mebibytes = run.number('mebibytes')
    /** @type {number[]} */
    const peaks = []
    /** @type {number[]} */
    const idle = []
    /** @type {number[]} */
    const rates = []
    for (let round = 0; round < run.number('rounds'); round += 1) {
      const {
        bytes = 0,
        ms = 0,
        peakBytes = 0,
      } = await runChild('append-through-recorder', [root, String(mebibytes)])
      await fs.rm(root, { recursive: true })
      peaks.push(peakBytes / 1e6)
      rates.push(bytes / 1024 / 1024 / (ms / 1000))
      idle.push(((await runChild('nothing', [])).peakBytes ?? 0) / 1e6)
    }
    run.record({
      name: 'recorder',
      title: `memory, ${mebibytes} MiB appended`,
      unit: 'MB',
      better: 'less',
      sides: [
        { name: 'cenotaph', rounds: peaks },
        { name: 'a process that appends nothing', rounds: idle },
      ],
    })
    run.record({
      name: 'recorder-rate',
      title: 'appended meanwhile',
      unit: 'MiB/s',
      better: 'more',
      sides: [{ name: 'cenotaph', rounds: rates }],
    })
  },
}
