// The rig must be able to fail: engines that are broken on purpose are run through the same search, and each is caught.
// What caught them stands in a table of docs/testing.md, which these runs are compared with.

import { isStoreError } from '@cenotaph/core'
import { afterAll, describe, expect, it } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import { comparedTable } from '../support/page-table.js'
import { removeFolder, temporaryFolder } from '../support/temporary-folder.js'
import { brokenPorts } from './broken-ports.js'
import { type Engine, exploreProgram, rehearseProgram } from './explore-program.js'
import { mutants } from './mutants.js'
import { type Edit, mutatedCore } from './mutated-core.js'
import { programsOf, type SimProgram } from './programs.js'

const canaries = new Canaries(seededRandom(5))
const programs = programsOf(canaries)
const programOf = (name: string): SimProgram => programs.find((one) => one.name === name)!
const search = { seed: 1, failuresMax: 1 }
/** Of the smallest program, which makes one thread. */
const STATES_MIN = 20
/** Nothing here depends on how long it takes. */
const timeout = 600_000

/** Of the table: engine, program, states, what tells. */
const rows: string[][] = []
const CANARIES_MIN = 20

function tell(name: string, program: string, states: number, failure: unknown): void {
  const [first = ''] = String(failure).split('\n')
  console.info(`canary: ${name}; ${program}; caught after ${states} states: ${first}`)
  // The engine by its code; the oracle in its own words.
  const teller = isStoreError(failure) ? `\`${failure.code}\`` : first.replace(/^.*?Error.*?: /, '')
  rows.push([name, `\`${program}\``, String(states), teller])
}

describe('engines that are broken on purpose', { timeout }, () => {
  it.each(brokenPorts)('%s is caught by: %s', async (name, program, ports) => {
    let failure: unknown
    let states = 0
    try {
      const report = await exploreProgram(programOf(program), canaries, {
        ...search,
        broken: ports,
      })
      failure = report.failures[0]?.error
      states = report.states
    } catch (error) {
      // Some do not even get through the program, which is being caught as well.
      failure = error
    }
    tell(name, program, states, failure)
    expect(failure).toBeDefined()
  })
})

describe('engines in a wrong order', { timeout }, () => {
  const folder = temporaryFolder()
  afterAll(() => removeFolder(folder))

  const cases = mutants.flatMap(({ name, programs: named, edits }) =>
    named.map((program) => [name, program, edits] as const),
  )
  const copies = new Map<readonly Edit[], Promise<Engine>>()
  const engineOf = (edits: readonly Edit[]): Promise<Engine> => {
    const engine = copies.get(edits) ?? mutatedCore(folder, `copy-${copies.size}`, edits)
    copies.set(edits, engine)
    return engine
  }

  it.each(cases)('%s is caught by: %s', async (name, program, edits) => {
    const engine = await engineOf(edits)
    const found = programOf(program)
    // What is caught must be the order alone: without a crash nobody can tell.
    const { surveys } = await rehearseProgram(found, engine)
    expect(surveys).toEqual((await rehearseProgram(found)).surveys)
    const { failures, states } = await exploreProgram(found, canaries, { ...search, engine })
    tell(name, program, states, failures[0]?.error)
    expect(failures).not.toEqual([])
  })

  const unchanged: readonly Edit[] = []
  it.each([...new Set(cases.map(([, program]) => program))])(
    'an unchanged copy passes: %s',
    async (program) => {
      const engine = await engineOf(unchanged)
      const found = programOf(program)
      const { failures, states } = await exploreProgram(found, canaries, { ...search, engine })
      console.info(`canary: an unchanged copy; ${program}; passes in ${states} states`)
      expect(failures).toEqual([])
      expect(states).toBeGreaterThan(STATES_MIN)
    },
  )

  it('changes nothing where a passage is not there', async () => {
    const edit = { file: 'index.js', passage: 'no such passage', becomes: '' }
    await expect(mutatedCore(folder, 'nowhere', [edit])).rejects.toThrow()
  })
})

describe('the page about the tests', () => {
  it('says of each by which program, after how many states and by what it was caught', () => {
    const head = ['engine', 'program', 'states', 'what tells']
    const { told, found } = comparedTable('docs/testing.md', head, rows)
    expect(told).toEqual(found)
    expect(rows.length).toBeGreaterThanOrEqual(CANARIES_MIN)
  })
})
