import { describe, expect, it } from 'vitest'
import { measurementOf } from './harness/measurement.mjs'
import { judge } from './judge.mjs'

/** @typedef {import('./harness/run.mjs').Result} Result */

/**
 * @param {Partial<Result>} changes
 * @returns {Result}
 */
const resultWith = (changes) => ({
  version: 1,
  benchmark: 'read',
  about: 'reads',
  command: 'npm run bench -- read',
  startedAt: '2026-01-01T00:00:00.000Z',
  seconds: 1,
  machine: { processor: 'p', cores: 1, memoryBytes: 1, system: 's', fileSystem: 'ext4' },
  load: [0, 0],
  smoke: false,
  options: { mebibytes: '1024' },
  versions: {},
  skipped: [],
  measurements: [
    measurementOf({
      name: 'full',
      title: 'full',
      unit: 'MiB/s',
      better: 'more',
      sides: [
        { name: 'cenotaph', rounds: [80, 90, 100] },
        { name: 'fs', rounds: [100, 100, 100] },
      ],
    }),
  ],
  ...changes,
})

/**
 * @param {Partial<import('./judge.mjs').Target>} target
 * @param {Result | undefined} result
 */
function isMet(target, result) {
  const targets = [{ benchmark: 'read', case: 'full', ...target }]
  const [verdict] = judge(
    { margin: 0.05, options: { read: { mebibytes: '1024' } }, targets },
    () => result,
  )
  return verdict?.met
}

describe('a target', () => {
  it.each([
    [{ against: 'fs', atLeast: 0.9 }, true],
    [{ against: 'fs', atLeast: 0.94 }, true],
    [{ against: 'fs', atLeast: 0.96 }, false],
    [{ side: 'cenotaph', atMost: 90 }, true],
    [{ side: 'cenotaph', atMost: 86 }, true],
    [{ side: 'cenotaph', atMost: 85 }, false],
    [{ side: 'cenotaph', atMost: 0 }, false],
  ])('%o, met: %s', (target, met) => {
    expect(isMet(target, resultWith({}))).toBe(met)
  })

  it('is not met by what was not measured, or not at this size', () => {
    const target = { against: 'fs', atLeast: 0.1 }
    expect(isMet(target, resultWith({}))).toBe(true)
    expect(isMet(target, undefined)).toBe(false)
    expect(isMet(target, resultWith({ smoke: true }))).toBe(false)
    expect(isMet(target, resultWith({ measurements: [] }))).toBe(false)
    expect(isMet(target, resultWith({ options: { mebibytes: '2' } }))).toBe(false)
    expect(isMet({ ...target, against: 'another' }, resultWith({}))).toBe(false)
  })
})
