// Lines that the journal holds, on their way into their rollouts. All that one group committed lands together: the next
// batch is issued first, then the lines of each thread are written in one piece, its row moves on once, and their callers
// are told. Survives a crash at any instant of it: the journal writes the lines again at open.

import type { Section } from '@cenotaph/journal'
import type { ThreadState } from '../threads/thread-state.js'
import type { Outcome } from './outcome.js'
import type { PreparedLines } from './prepared-lines.js'
import type { RolloutWriters } from './rollout-writers.js'

export interface Landing {
  readonly state: ThreadState
  readonly section: Section
  readonly lines: PreparedLines
  /** Done once the lines are in the file and the row tells of them. */
  readonly outcome: Outcome
}

export interface LandingsOptions {
  readonly writers: RolloutWriters
  /** Lines are in the file: their thread moves on. */
  readonly onLanded: (state: ThreadState, landed: PreparedLines) => void
  /** Reaches a named instant; undefined where nobody looks. */
  readonly reach: ((point: string) => Promise<void>) | undefined
}

export class Landings {
  readonly #options: LandingsOptions
  #waiting: Landing[] = []

  constructor(options: LandingsOptions) {
    this.#options = options
  }

  /** Called for each section of a group in the turn in which the group is durable, in order. */
  add(landing: Landing): void {
    landing.state.carried.push(landing.section)
    this.#waiting.push(landing)
    if (this.#waiting.length === 1) queueMicrotask(() => this.#land())
  }

  #land(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const runs = new Map<ThreadState, Landing[]>()
    for (const landing of waiting) {
      const run = runs.get(landing.state)
      if (run) run.push(landing)
      else runs.set(landing.state, [landing])
    }
    for (const [state, run] of runs) this.#landRun(state, run)
  }

  #landRun(state: ThreadState, run: readonly Landing[]): void {
    const { writers, reach } = this.#options
    const { offset } = run[0]!.section
    const landed = together(run)
    try {
      if (!reach && writers.writeNow(state, offset, landed.bytes)) this.#ended(state, run, landed)
      else this.#landLater(state, run, landed)
    } catch (error) {
      for (const { outcome } of run) outcome.failed(error)
    }
  }

  /** Where a write is more than a copy in memory: the file has to be opened, or the disk has no other way. */
  #landLater(state: ThreadState, run: readonly Landing[], landed: PreparedLines): void {
    const { writers, reach } = this.#options
    const write = async (): Promise<void> => {
      await reach?.('append.intend:after')
      await reach?.('append.write:before')
      await writers.write(state, run[0]!.section.offset, landed.bytes)
      await reach?.('append.write:after')
    }
    write().then(
      () => this.#ended(state, run, landed),
      (error: unknown) => {
        for (const { outcome } of run) outcome.failed(error)
      },
    )
  }

  #ended(state: ThreadState, run: readonly Landing[], landed: PreparedLines): void {
    const written = new Set<unknown>(run.map(({ section }) => section))
    state.carried = state.carried.filter((section) => !written.has(section))
    this.#options.onLanded(state, landed)
    for (const { outcome } of run) outcome.done()
  }
}

/** The lines of one thread in one group, as one. */
function together(run: readonly Landing[]): PreparedLines {
  const [{ lines }] = run as readonly [Landing]
  if (run.length === 1) return lines
  let { count, updatedAt, preview } = lines
  for (const { lines: more } of run.slice(1)) {
    count += more.count
    updatedAt = Math.max(updatedAt, more.updatedAt)
    preview ??= more.preview
  }
  const bytes = Buffer.concat(run.map((landing) => landing.lines.bytes))
  return { bytes, first: lines.first, count, updatedAt, preview }
}
