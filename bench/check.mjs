// `npm run bench:check`: the results against bench/targets.json, as a table; fails where one is missed. With `--run` the
// benchmarks run first, with the options that the targets are for.

import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { run } from '../scripts/setup.mjs'
import { judge, readTargets, wordsOf } from './judge.mjs'
import { readResult } from './results.mjs'

const { values } = parseArgs({ options: { run: { type: 'boolean', default: false } } })
const here = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url))
const targets = readTargets()
if (values.run) {
  for (const name of new Set(targets.targets.map(({ benchmark }) => benchmark))) {
    const options = Object.entries(targets.options[name] ?? {})
    const words = options.flatMap(([option, value]) => [`--${option}`, value])
    run('node', [here('run.mjs'), name, ...words], { loud: true })
  }
}
const verdicts = judge(targets, (name) => readResult(name))
for (const { target, met, measured } of verdicts) {
  const { what, target: wanted } = wordsOf(target)
  console.log(`${met ? 'ok    ' : 'MISSED'} ${what.padEnd(30)} ${wanted.padEnd(52)} ${measured}`)
}
const missed = verdicts.filter(({ met }) => !met).length
console.log(
  `${verdicts.length - missed} of ${verdicts.length} targets met, with a margin of ${targets.margin}`,
)
process.exitCode = missed === 0 ? 0 : 1
