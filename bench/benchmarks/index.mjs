// The benchmarks, in the order in which they run. Each is loaded alone: one that needs much does not weigh on others.

/** @typedef {import('../harness/run.mjs').Benchmark} Benchmark */

/** @type {Readonly<Record<string, () => Promise<{ readonly benchmark: Benchmark }>>>} */
const benchmarks = {
  append: () => import('./append.mjs'),
  compress: () => import('./compress.mjs'),
  read: () => import('./read.mjs'),
  list: () => import('./list.mjs'),
  open: () => import('./open.mjs'),
  fork: () => import('./fork.mjs'),
  delete: () => import('./delete.mjs'),
  search: () => import('./search.mjs'),
  erasure: () => import('./erasure.mjs'),
  'idle-agent': () => import('./idle-agent.mjs'),
  scale: () => import('./scale.mjs'),
  memory: () => import('./memory.mjs'),
  codex: () => import('./codex.mjs'),
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
