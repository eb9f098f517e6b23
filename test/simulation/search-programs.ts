// Runs searches of one suite, and says in one line what they came to.

import type { ExploreReport } from '@cenotaph/testing'
import { expect } from 'vitest'
import type { Canaries } from '../support/canary.js'
import { exploreProgram, replayLine, type SearchOptions } from './explore-program.js'
import type { SimProgram } from './programs.js'

export const seed = Number(process.env.CENOTAPH_SEED ?? 1)
/** `<program>:<replay>`, as a failure prints it. */
export const [onlyProgram, replay] = process.env.CENOTAPH_REPLAY?.split(':') ?? []

export class Searches {
  readonly #canaries: Canaries
  readonly #reports: ExploreReport[] = []
  #ms = 0

  constructor(canaries: Canaries) {
    this.#canaries = canaries
  }

  get states(): number {
    return this.#sum((report) => report.states)
  }

  /** Fails with the line that replays each failure. */
  async run(program: SimProgram, options: Omit<SearchOptions, 'seed'> = {}): Promise<void> {
    if (onlyProgram !== undefined && program.name !== onlyProgram) return
    const begin = performance.now()
    const report = await exploreProgram(program, this.#canaries, { ...options, seed, replay })
    this.#ms += performance.now() - begin
    this.#reports.push(report)
    const told = report.failures.map(
      (one) => `${replayLine(program, seed, one.replay)} (${one.at}): ${one.error}`,
    )
    expect(told).toEqual([])
  }

  /** One line: what was looked at, and how fast. */
  tell(what: string): void {
    const recoveries = this.#sum((report) => report.recoveryStates)
    const again = this.#sum((report) => report.secondRecoveryStates)
    const rate = Math.round((1000 * this.states) / this.#ms)
    console.info(
      `simulated power loss: ${this.states} states (${recoveries} of them in recoveries, ${again} in recoveries of recoveries), ${this.#reports.length} ${what}, seed ${seed}, ${rate} states/s`,
    )
  }

  #sum(of: (report: ExploreReport) => number): number {
    return this.#reports.reduce((total, report) => total + of(report), 0)
  }
}
