// The page about the tests names every engine that is broken on purpose, with the search that catches it, and no other.

import { describe, expect, it } from 'vitest'
import { brokenPorts } from '../simulation/broken-ports.js'
import { mutants } from '../simulation/mutants.js'
import { textOf } from './fences.js'

const CANARIES_MIN = 20

describe('the table of canaries', () => {
  it('is that of the crash search', () => {
    const rows = [...textOf('docs/testing.md').matchAll(/^\| (.+?) +\| `(.+?)` +\| +\d+ +\|/gm)]
    const told = rows.map(([, name, program]) => `${name}; ${program}`)
    const ran = [
      ...brokenPorts.map(([name, program]) => `${name}; ${program}`),
      ...mutants.flatMap(({ name, programs }) => programs.map((one) => `${name}; ${one}`)),
    ]
    expect(told.toSorted()).toEqual(ran.toSorted())
    expect(ran.length).toBeGreaterThanOrEqual(CANARIES_MIN)
  })
})
