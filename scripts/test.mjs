// `npm test`: sets up, checks types and style, runs every test, says what the suites that search did and what was
// skipped, and ends with the plain line `N passed, N failed`. Arguments go to vitest: `npm test -- packages/journal`.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { local, run, setUp, top } from './setup.mjs'
import { tableOf } from './suites.mjs'

setUp()
run(local('tsc'), ['-p', 'tsconfig.tests.json'], { loud: true })
run(local('tsc'), ['-p', 'bench/tsconfig.json'], { loud: true })
run(local('biome'), ['check', '--error-on-warnings', '.'])

const folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-test-'))
const report = path.join(folder, 'report.json')
const told = path.join(folder, 'told.json')
const vitest = spawnSync(
  local('vitest'),
  [
    'run',
    '--reporter=default',
    '--reporter=json',
    '--reporter=./scripts/tell-reporter.mjs',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { cwd: top, stdio: 'inherit', env: { ...process.env, CENOTAPH_TOLD: told } },
)
let passed = 0
let failed = 0
let skipped = 0
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
    readFileSync(report, 'utf8'),
  )
  passed = numPassedTests
  failed = numFailedTests
  skipped = numPendingTests + numTodoTests
} catch {
  // No report: the runner itself failed, which is one failure that no test tells of.
}
try {
  const { said, skipped: left } = JSON.parse(readFileSync(told, 'utf8'))
  for (const line of tableOf(said)) console.log(line)
  for (const line of left) console.log(`skipped: ${line}`)
} catch {
  // Told above: a runner that failed has not come to its end.
}
rmSync(folder, { recursive: true, force: true })
if (vitest.status !== 0 && failed === 0) failed = 1
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)
