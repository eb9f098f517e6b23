// The benchmarks, in the order in which they run. Each is loaded alone: one that needs much does not weigh on others.

/** @typedef {import('../harness/run.mjs').Benchmark} Benchmark */

/** @type {Readonly<Record<string, () => Promise<{ readonly benchmark: Benchmark }>>>} */
const benchmarks = {
  append: () => import('./append.mjs'),
}

export const benchmarkNames = Object.keys(benchmarks)

/**
 * @param {string} name
 * @returns {Promise<Benchmark>}
 */
export async function findBenchmark(name) {
  const load = benchmarks[name]
  if (!load)
    throw new Error(`there is no benchmark ${name}; there are: ${benchmarkNames.join(', ')}`)
  return (await load()).benchmark
}
