// An agent that writes a line every two seconds, and a slower one that writes one a minute, on a clock that the benchmark
// steers: how many syncs of a file or folder a line costs, counted by strace over the whole process, and by how much
// LevelDB's LOG and MANIFEST grow. The floor of a durable line is one sync.

import fs from 'node:fs/promises'
import path from 'node:path'
import { runChild } from '../harness/child.mjs'
import { programVersion } from '../harness/machine.mjs'

const CALLS = 'fsync,fdatasync,sync_file_range,msync'
/** A filter in the kernel: no other call is stopped, and so slowed down. */
const TRACED = ['-f', '--seccomp-bpf', '-c', '-e', `trace=${CALLS}`]

/** @type {import('../harness/run.mjs').Benchmark} */
export const benchmark = {
  name: 'idle-agent',
  about:
    'syncs a line, and growth of LevelDB’s own files, of an agent that writes a line now and then',
  options: {
    rounds: { default: '3', smoke: '1', about: 'rounds' },
    lines: { default: '100', smoke: '2', about: 'lines a round' },
  },

  async measure(run) {
    if (programVersion('strace', [...TRACED, '-o', '/dev/null', 'true']) === undefined)
      return run.skip('idle-agent', 'there is no command strace, or it may not be used')
    for (const [name, title, gapMs] of /** @type {const} */ ([
      ['two-seconds', 'a line every two seconds', 2_000],
      ['a-minute', 'a line a minute', 60_000],
    ])) {
      /** @type {number[]} */
      const syncs = []
      /** @type {number[]} */
      const growth = []
      for (let round = 0; round < run.number('rounds'); round += 1) {
        const one = await measureAgent(run, { gapMs, name: `${name}-${round}` })
        syncs.push(one.syncs)
        growth.push(one.growth)
      }
      run.record({
        name,
        title,
        unit: 'syncs/line',
        better: 'less',
        sides: [{ name: 'cenotaph', rounds: syncs }],
      })
      run.record({
        name: `${name}-growth`,
        title: `${title}: LOG and MANIFEST`,
        unit: 'bytes/line',
        better: 'less',
        sides: [{ name: 'cenotaph', rounds: growth }],
      })
    }
  },
}

/**
 * What the lines cost beyond a process that opens and closes the same store.
 *
 * @param {import('../harness/run.mjs').Run} run
 * @param {{ readonly gapMs: number, readonly name: string }} agent
 */
async function measureAgent(run, { gapMs, name }) {
  const lines = run.number('lines')
  const root = path.join(run.folder, name)
  const counted = async (/** @type {number} */ count) => {
    const report = `${root}.strace`
    const strace = ['strace', ...TRACED, '-o', report]
    const child = await runChild('write-now-and-then', [root, String(count), String(gapMs)], strace)
    return { syncs: callsIn(await fs.readFile(report, 'utf8')), grown: child.grownBytes ?? 0 }
  }
  // The first run makes the store, the second says what opening and closing costs.
  await counted(1)
  const still = await counted(0)
  const busy = await counted(lines)
  return { syncs: (busy.syncs - still.syncs) / lines, growth: busy.grown / lines }
}

/**
 * The calls of all rows of a summary of strace.
 *
 * @param {string} report
 */
function callsIn(report) {
  let calls = 0
  for (const line of report.split('\n')) {
    const words = line.trim().split(/\s+/)
    if (CALLS.split(',').includes(words.at(-1) ?? '')) calls += Number(words[3])
  }
  return calls
}
