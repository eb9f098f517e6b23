// The table in docs/sequences.md names a test for each sequence, and every test of this folder stands in it. Tests of
// other folders are named with them.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const folder = fileURLToPath(new URL('.', import.meta.url))
const page = readFileSync(new URL('../../docs/sequences.md', import.meta.url)).toString()
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| sequence |'))
  .map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )

describe('the table of sequences', () => {
  it('has a sequence, what it breaks, a rule and a test in every row', () => {
    expect(rows.length).toBeGreaterThanOrEqual(30)
    for (const cells of rows) {
      expect(cells).toHaveLength(4)
      expect(cells.every((cell) => cell.length > 0)).toBe(true)
    }
    expect(new Set(rows.map(([sequence]) => sequence)).size).toBe(rows.length)
  })

  it('names files that are there, and all of them', () => {
    const named = new Set(rows.map(([, , , test]) => test!.replaceAll('`', '')))
    const elsewhere = [...named].filter((name) => name.includes('/'))
    for (const name of elsewhere) {
      expect(existsSync(new URL(`../../${name}`, import.meta.url)), name).toBe(true)
      named.delete(name)
    }
    const present = readdirSync(folder).filter(
      (name) => name.endsWith('.test.ts') && name !== 'table.test.ts',
    )
    expect([...named].sort()).toEqual(present.sort())
  })
})
