// How many programs are run, from which seed, and what must have been asked of a store when they are through.

import type { ModelReport } from '@cenotaph/testing'
import { expect } from 'vitest'

export const seed = Number(process.env.CENOTAPH_SEED ?? 20_260_301)
const path = process.env.CENOTAPH_PATH
export const given = { seed, ...(path === undefined ? {} : { path }) }

/** One call after the other, on a machine. */
export const RUNS = Number(process.env.CENOTAPH_RUNS ?? 600)
/** In memory; and as many with several calls at once. */
export const RUNS_BESIDE = Math.ceil(RUNS / 3)

/** Nothing here depends on how long it takes. */
export const TIMEOUT_MS = 900_000

/** Every operation was done, and was refused where it can be. */
export function expectAsked(report: ModelReport, runs: number, verbsMin: number): void {
  expect(report.runs).toBeGreaterThanOrEqual(runs)
  expect(report.commands).toBeGreaterThan(runs * 15)
  if (runs < 100) return
  const verbs = Object.fromEntries(report.verbs)
  const seldom = Object.entries(verbs).filter(([, { done }]) => done < runs / 100)
  expect(seldom).toEqual([])
  expect(report.verbs.size).toBeGreaterThanOrEqual(verbsMin)
  const refusals = [...report.verbs.values()].reduce((sum, { refused }) => sum + refused, 0)
  expect(refusals).toBeGreaterThan(runs)
  expect(refusals).toBeLessThan(report.commands / 2)
}

export const told = ({ runs, commands }: ModelReport): string =>
  `model: ${runs} runs, ${commands} commands, seed ${seed}`
