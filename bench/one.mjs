// Runs one benchmark in this process: `node bench/one.mjs NAME [options]`. `npm run bench` starts one of these for each.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { findBenchmark } from './benchmarks/index.mjs'
import { parseOptions } from './harness/options.mjs'
import { runBenchmark, writeResult } from './harness/run.mjs'

const [name = '', ...args] = process.argv.slice(2)
const benchmark = await findBenchmark(name)
const options = parseOptions(benchmark.options, args)
// Places are of this machine alone; the result says which file system it was.
const places = ['--out', '--folder']
const repeated = args.filter(
  (word, index) => !places.includes(word) && !places.includes(args[index - 1] ?? ''),
)
const command = ['npm run bench --', name, ...repeated].join(' ')
console.log(`\n${name}: ${benchmark.about}`)
const result = await runBenchmark(benchmark, options, command)
// What the smallest size measures is no figure: it is kept only where somebody asks for it.
const own = path.join(fileURLToPath(new URL('results', import.meta.url)), `${name}.json`)
const file = options.out ?? (options.smoke ? undefined : own)
if (file) await writeResult(result, file)
