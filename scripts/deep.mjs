// `npm run test:deep -- --minutes 30`: the tests that choose by seed or by number, until the time is spent or one fails.
// The first round is what `npm test` does, with a new seed; the second takes everything that can be counted to its end;
// those behind it choose more than the first, with a new seed each. The budget is looked at between suites: the last one
// is not cut short. Ends with what each suite has done, and how fast.

import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import { local, setUp, top } from './setup.mjs'
import { casesIn, suites } from './suites.mjs'

const minute = 60_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    seed: { type: 'string' },
    only: { type: 'string', default: '' },
  },
})
const minutes = Number(values.minutes)
const firstSeed = values.seed === undefined ? Math.floor(Date.now() / 1000) : Number(values.seed)
const deep = suites.filter(({ shallow }) => !shallow)
const chosen = deep.filter(({ name }) => name.includes(values.only))
if (!(minutes > 0) || !Number.isSafeInteger(firstSeed) || firstSeed < 0 || chosen.length === 0) {
  console.error('usage: npm run test:deep -- [--minutes N] [--seed N] [--only PART-OF-A-NAME]')
  console.error(`suites: ${deep.map(({ name }) => name).join('; ')}`)
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
  for (const suite of chosen) {
    const { name, files } = suite
    const own = settingsOf(suite, round)
    if (own === undefined || isOver()) continue
    idle = false
    const settings = { ...own, CENOTAPH_SEED: String(seed), CENOTAPH_FLIP_SEED: String(seed) }
    // What has hundreds of thousands of cases looks at the time itself.
    const until = { CENOTAPH_UNTIL: String(endMs) }
    const beganMs = Date.now()
    const { status, said } = await run(files, { ...settings, ...until })
    const sum = done.get(name)
    sum.runs += 1
    sum.cases += casesIn(said, suite)
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
