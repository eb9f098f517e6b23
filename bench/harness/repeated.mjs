// What repeats within one process: tinybench times every call, and of a round the middle one counts.

import { Bench } from 'tinybench'

/**
 * The p50 of `times` calls, in milliseconds.
 *
 * @param {() => unknown} task
 * @param {number} times
 */
export async function middleOf(task, times) {
  const bench = new Bench({
    iterations: times,
    time: 0,
    warmupIterations: Math.min(times, 8),
    warmupTime: 0,
    throws: true,
  })
  bench.add('task', task)
  await bench.run()
  const result = bench.tasks[0]?.result
  if (result?.state !== 'completed') throw new Error(`tinybench did not finish: ${result?.state}`)
  return result.latency.p50
}
