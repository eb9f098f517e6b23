// Every benchmark runs to its end at its smallest size and gives a well-formed result, with the peers that are installed,
// so that the suite cannot rot unseen. Nothing here asserts how fast anything is.

import { execFileSync } from 'node:child_process'
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { benchmarkNames } from './benchmarks/index.mjs'
import { writePage } from './report/page.mjs'
import { readResult, readResults } from './results.mjs'

const one = fileURLToPath(new URL('one.mjs', import.meta.url))

/** @type {string} */
let folder
/** @type {string} */
let stores
beforeAll(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-bench-test-'))
  stores = await fs.mkdtemp(path.join(await quickPlace(), 'cenotaph-bench-test-'))
})
afterAll(async () => {
  await fs.rm(folder, { recursive: true })
  await fs.rm(stores, { recursive: true })
})

/** In memory where there is room: nothing is asserted that needs a disk, and a busy one would only make it long. */
async function quickPlace() {
  try {
    const { bavail, bsize } = await fs.statfs('/dev/shm')
    if (bavail * bsize > 1024 ** 3) return '/dev/shm'
  } catch {
    // Not every system has it.
  }
  return os.tmpdir()
}

/** Of verbs, commands and peers that a machine or a store may lack. */
const mayBeLeftOut = new Set(['compress', 'search', 'idle-agent'])

describe('the smallest size of a benchmark', () => {
  it.each(benchmarkNames)('%s', (name) => {
    const out = path.join(folder, 'results', `${name}.json`)
    const words = [name, '--smoke', '--out', out, '--folder', stores]
    execFileSync(process.execPath, [one, ...words], { stdio: 'pipe' })
    const result = readResult(name, path.dirname(out))
    expect(result).toMatchObject({ version: 1, benchmark: name, smoke: true })
    if (!result) return
    const { measurements, skipped, command, machine, versions } = result
    expect(command).toBe(`npm run bench -- ${name} --smoke`)
    expect(machine.cores).toBeGreaterThan(0)
    expect(versions.node).toBe(process.versions.node)
    if (mayBeLeftOut.has(name)) expect(measurements.length + skipped.length).toBeGreaterThan(0)
    else expect(measurements.length).toBeGreaterThan(0)
    for (const { sides, ratios } of measurements) {
      const [subject] = sides
      expect(subject?.name).toBe('cenotaph')
      for (const { rounds, lowest, median, highest } of [...sides, ...ratios]) {
        expect(rounds.length).toBeGreaterThan(0)
        expect(rounds.every((value) => Number.isFinite(value) && value >= 0)).toBe(true)
        expect(lowest <= median && median <= highest).toBe(true)
      }
    }
    expect(new Set(measurements.map((each) => each.name)).size).toBe(measurements.length)
  })
})

describe('the page', () => {
  it('has every result with its command and its plots, and the prose', async () => {
    const results = readResults(path.join(folder, 'results'))
    expect(results).toHaveLength(benchmarkNames.length)
    const docs = path.join(folder, 'docs')
    const plots = await writePage(results, docs)
    const page = await fs.readFile(path.join(docs, 'performance.md'), 'utf8')
    for (const { benchmark, command } of results) {
      expect(page).toContain(`\n## ${benchmark}\n`)
      expect(page).toContain(`\`${command}\``)
    }
    expect(page).toContain('## Where the time goes')
    expect(plots.length).toBeGreaterThan(10)
    for (const name of plots) {
      expect(page).toContain(`(performance/${name})`)
      const svg = await fs.readFile(path.join(docs, 'performance', name), 'utf8')
      expect(svg).toMatch(/^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/)
    }
  })

  it('is what the generator makes of the results that are kept', async () => {
    const docs = path.join(folder, 'kept')
    const plots = await writePage(readResults(), docs)
    const kept = fileURLToPath(new URL('../docs', import.meta.url))
    for (const name of ['performance.md', ...plots.map((plot) => `performance/${plot}`)]) {
      const made = await fs.readFile(path.join(docs, name), 'utf8')
      expect(await fs.readFile(path.join(kept, name), 'utf8'), name).toBe(made)
    }
  })
})
