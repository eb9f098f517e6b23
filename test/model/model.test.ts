// Random programs of every operation, one call after the other, run against the engine and against a model of it: on a
// simulated machine that loses power between calls, and in memory. A failure prints the seed and the path that replay
// it, and what was done.

import { threadStoreModel } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { modelPrograms } from '../support/regressions.js'
import { leftOut, noting, publicMembers } from './every-method.js'
import { expectAsked, given, RUNS, RUNS_BESIDE, TIMEOUT_MS, told } from './given.js'
import { inMemory, onMachine, supportsInMemory } from './systems.js'

const called = new Set<string>()

describe('the engine does what the model does', () => {
  it(
    'on a machine that loses power between calls',
    async () => {
      const factory = { open: async () => noting(called, await onMachine()) }
      for (const known of modelPrograms) await threadStoreModel(factory, { ...known, runs: 1 })
      const report = await threadStoreModel(factory, { ...given, runs: RUNS })
      console.info(`${told(report)}, power lost between calls`)
      expectAsked(report, RUNS, 44)
    },
    TIMEOUT_MS,
  )

  it(
    'in memory',
    async () => {
      const report = await threadStoreModel(
        { open: () => inMemory(), supports: supportsInMemory },
        { ...given, runs: RUNS_BESIDE },
      )
      console.info(`${told(report)}, in memory`)
      expectAsked(report, RUNS_BESIDE, 38)
    },
    TIMEOUT_MS,
  )

  it('every public method of the store was called, or stands in a short list', () => {
    const members = publicMembers()
    expect(members.length).toBeGreaterThan(40)
    const known = new Set([...called, ...Object.keys(leftOut)])
    expect(members.filter((name) => !known.has(name))).toEqual([])
    expect(Object.keys(leftOut).filter((name) => !members.includes(name))).toEqual([])
    expect(Object.keys(leftOut).filter((name) => called.has(name))).toEqual([])
  })

  it('a thousand programs and more, unless somebody asked for fewer', () => {
    if (process.env.CENOTAPH_RUNS === undefined)
      expect(RUNS + 2 * RUNS_BESIDE).toBeGreaterThanOrEqual(1_000)
  })
})
