// The numbers that the page about the tests gives for each suite are those that the suite's own sources have.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { programsOf } from '../simulation/programs.js'
import { Canaries, seededRandom } from '../support/canary.js'
import { textOf, top } from './fences.js'

const SUITES_MIN = 12
const NUMBERS_MIN = 25

const page = textOf('docs/testing.md')

const rows = page
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, suite = '', , , floor = '']) => ({ suite: suite.replaceAll('`', ''), floor }))
  .filter(({ suite, floor }) => /^test\/[\w/.-]+$/.test(suite) && floor !== '')

/** A folder stands for all that is in it. */
function sourceOf(name: string): string {
  const full = path.join(top, name)
  if (!statSync(full).isDirectory()) return readFileSync(full, 'utf8')
  return readdirSync(full)
    .filter((entry) => entry.endsWith('.ts'))
    .map((entry) => readFileSync(path.join(full, entry), 'utf8'))
    .join('\n')
}

const numbersIn = (text: string): number[] =>
  [...text.matchAll(/\d[\d,]*/g)].map(([digits]) => Number(digits.replaceAll(',', '')))

/** What the suite asks for, or asserts: its constants, what its cases are made of, what it expects. */
const isAsked = (line: string): boolean => /\bconst [A-Z_]+ =|\bexpect\(|\bkills: \d/.test(line)

const literalsIn = (source: string): Set<number> =>
  new Set(
    source
      .split('\n')
      .filter(isAsked)
      .flatMap((line) => [...line.matchAll(/(?<![\w.'"-])\d[\d_]*(?![\w.])/g)])
      .map(([digits]) => Number(digits.replaceAll('_', ''))),
  )

describe('the table of what is searched', () => {
  it.each(rows)('has the floors of $suite', ({ suite, floor }) => {
    const literals = literalsIn(sourceOf(suite))
    expect(numbersIn(floor).filter((number) => !literals.has(number))).toEqual([])
  })

  it('has suites, and numbers', () => {
    expect(rows.length).toBeGreaterThanOrEqual(SUITES_MIN)
    const numbers = rows.flatMap(({ floor }) => numbersIn(floor))
    expect(numbers.length).toBeGreaterThanOrEqual(NUMBERS_MIN)
  })

  it('counts the programs of the simulator', () => {
    const programs = programsOf(new Canaries(seededRandom(4)))
    expect(page).toContain(`| ${programs.length} programs, and pairs`)
  })
})
