// `npm run test:deep -- --minutes 30`: the tests that choose by seed or by number, until the time is spent or one fails.
// The first round is what `npm test` does, with a new seed; the second takes everything that can be counted to its end;
// those behind it choose more than the first, with a new seed each. The budget is looked at between suites: the last one
// is not cut short. Ends with what each suite has done, and how fast.

import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { local, setUp, top } from './setup.mjs'

const minute = 60_000

/**
 * `whole` and `more`: settings of the second round, and of those behind it. A suite without `whole` has no end. `cases`
 * finds the numbers that the suite tells; they are summed.
 */
const suites = [
  {
    name: 'bit rot',
    files: 'test/golden-stores/bit-rot.test.ts',
    more: { CENOTAPH_FLIPS: '5000' },
    unit: 'flips',
    cases: /bit rot: (\d+) flips/g,
  },
  {
    name: 'bit flips, repaired',
    files: 'test/traps/bit-flips.test.ts',
    unit: 'flips',
    cases: /bit flips: (\d+)/g,
  },
  {
    name: 'system calls',
    files: 'test/syscalls',
    more: { CENOTAPH_SYSCALLS: '400' },
    unit: 'faults',
    cases: /system calls: {"cases":(\d+)/g,
  },
  {
    name: 'power loss',
    files: 'test/power-loss',
    whole: { CENOTAPH_CUTS: 'all' },
    unit: 'cuts',
    cases: /power loss: (\d+) cuts/g,
  },
  {
    name: 'kills',
    files: 'test/crash',
    whole: { CENOTAPH_KILLS: 'all' },
    more: { CENOTAPH_KILLS: '4' },
    unit: 'kills',
    cases:
      /crash points: (\d+) kills|crash points: \d+ kills, (\d+) of|"whole":(\d+)|"gone":(\d+)/g,
  },
  {
    name: 'processes',
    files: 'test/processes',
    more: { CENOTAPH_RACES: '12' },
    unit: 'races',
    cases: /races: (\d+) of/g,
  },
  {
    name: 'erasure',
    files: 'test/erasure/erasure.test.ts',
    more: { CENOTAPH_HISTORIES: '400' },
    unit: 'histories',
    cases: /erasure: {"histories":(\d+)/g,
  },
  {
    name: 'model',
    files: 'test/model',
    more: { CENOTAPH_RUNS: '2000' },
    unit: 'programs',
    cases: /model: (\d+) runs/g,
  },
  {
    name: 'simulated power loss',
    files: 'test/simulation',
    unit: 'states',
    cases: /simulated power loss: (\d+) states/g,
  },
  {
    name: 'disk faults',
    files: 'test/bad-input/disk-faults.test.ts',
    whole: { CENOTAPH_FAULTS: 'all' },
    // No seed: a second time would be the same.
    once: true,
    unit: 'faults',
    cases: /disk faults: (\d+)/g,
  },
]

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const minutes = Number(values.minutes)
const firstSeed = values.seed === undefined ? Math.floor(Date.now() / 1000) : Number(values.seed)
const chosen = suites.filter(({ name }) => name.includes(values.only))
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed) || firstSeed < 0 || chosen.length === 0) {
  console.error('usage: npm run test:deep -- [--minutes N] [--seed N] [--only PART-OF-A-NAME]')
  console.error(`suites: ${suites.map(({ name }) => name).join('; ')}`)
  process.exit(2)
}
setUp()

/** Settings of a suite in a round, from 0; undefined where it has nothing new to do. */
function settingsOf({ whole, more = {}, once = false }, round) {
  if (round === 0) return {}
  if (round === 1 && whole) return whole
  return once ? undefined : more
}

/** Runs vitest, shows what it says, and gives that too. */
function run(files, settings) {
  return new Promise((resolve, reject) => {
    const child = spawn(local('vitest'), ['run', files], {
      cwd: top,
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...settings },
    })
    let said = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      process.stdout.write(text)
      said += text
    })
    child.once('error', reject)
    child.once('close', (status) => resolve({ status, said }))
  })
}

const casesIn = (said, pattern) =>
  [...said.matchAll(pattern)].reduce(
    (sum, match) => sum + Number(match.slice(1).find((number) => number !== undefined)),
    0,
  )

const done = new Map(chosen.map(({ name }) => [name, { runs: 0, cases: 0, ms: 0 }]))

function tellAll() {
  console.log(`\n${'suite'.padEnd(22)}${'runs'.padStart(6)}${'cases'.padStart(10)}`)
  for (const { name, unit } of chosen) {
    const { runs, cases, ms } = done.get(name)
    const rate = ms > 0 ? (cases / (ms / 1000)).toFixed(1) : '-'
    const line = `${name.padEnd(22)}${String(runs).padStart(6)}${String(cases).padStart(10)}`
    console.log(`${line} ${unit}, ${rate} ${unit}/s`)
  }
}

const endMs = Date.now() + minutes * minute
const isOver = () => Date.now() >= endMs
let idle = false
for (let round = 0; !isOver() && !idle; round += 1) {
  idle = true
  const seed = firstSeed + round
  for (const { name, files, cases, ...suite } of chosen) {
    const own = settingsOf(suite, round)
    if (own === undefined || isOver()) continue
    idle = false
    const settings = { ...own, CENOTAPH_SEED: String(seed), CENOTAPH_FLIP_SEED: String(seed) }
    const beganMs = Date.now()
    const { status, said } = await run(files, settings)
    const sum = done.get(name)
    sum.runs += 1
    sum.cases += casesIn(said, cases)
    sum.ms += Date.now() - beganMs
    if (status === 0) continue
    tellAll()
    const words = Object.entries(settings).map(([key, value]) => `${key}=${value}`)
    console.error(`\n${name} failed; again: ${words.join(' ')} npx vitest run ${files}`)
    console.error('Once it is mended, its line belongs into test/support/regressions.ts.')
    process.exit(1)
  }
}
tellAll()
console.log(`\nnothing failed, seeds from ${firstSeed} on`)
