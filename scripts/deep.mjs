// `npm run deep -- --minutes 30`: the tests that choose by seed, with new seeds and more of everything, until the time is
// spent or one fails. The budget is looked at between suites: the last one is not cut short.

import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { local, setUp, top } from './setup.mjs'

const suites = [
  { files: 'test/traps/bit-flips.test.ts', env: {} },
  { files: 'test/erasure/erasure.test.ts', env: { CENOTAPH_HISTORIES: '600' } },
  { files: 'test/model', env: { CENOTAPH_RUNS: '2000' } },
  { files: 'test/simulation', env: {} },
  { files: 'test/bad-input/disk-faults.test.ts', env: { CENOTAPH_FAULTS: 'all' } },
  { files: 'test/crash', env: { CENOTAPH_KILLS: 'all' } },
  { files: 'test/power-loss', env: { CENOTAPH_CUTS: 'all' } },
]

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '30' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes)
const firstSeed = values.seed === undefined ? Math.floor(Date.now() / 1000) : Number(values.seed)
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed)) {
  console.error('usage: npm run deep -- [--minutes N] [--seed N]')
  process.exit(2)
}
setUp()

const endMs = Date.now() + minutes * 60_000
let ran = 0
for (let seed = firstSeed; Date.now() < endMs; seed += 1) {
  for (const { files, env } of suites) {
    if (Date.now() >= endMs) break
    const settings = { ...env, CENOTAPH_SEED: String(seed), CENOTAPH_FLIP_SEED: String(seed) }
    const { status } = spawnSync(local('vitest'), ['run', files], {
      cwd: top,
      stdio: 'inherit',
      env: { ...process.env, ...settings },
    })
    if (status !== 0) {
      const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
      console.error(`\nfailed; again: ${words.join(' ')} npx vitest run ${files}`)
      process.exit(1)
    }
    ran += 1
  }
}
console.log(`${ran} suites passed, seeds from ${firstSeed} on`)
