// The model beside a store: random programs of its operations run against both, and both must agree, on every result,
// every refusal, and everything that a reader sees.
//
//   threadStoreModel             one call after the other
//   threadStoreModelConcurrently several at once over ports whose every effect waits for its turn, in an order that a
//                                seed decides; answers and state must be explained by some order of the calls
//
// A failure prints the shortest failing program that was found, with the seed and the path that replay it.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { beginning } from './beginning.js'
import { end, programs, programsAtOnce, type Run, type Step } from './steps.js'
import { type ModelSupports, type WhatIsSupported, whatIsSupported } from './supports.js'
import { type ModelFactory, type OpenedSystem, systemOf } from './system.js'
import { Tally, type TallyOfVerbs } from './tally.js'
import { type Turns, turnsOf } from './turns.js'

export interface ModelRunOptions {
  /** Default 100. */
  readonly runs?: number
  /** At most so many commands in a run. Default 50. */
  readonly maxCommands?: number
  /** Default: by the clock; a failure prints it. */
  readonly seed?: number
  /** fast-check's path to one failing run. */
  readonly path?: string
  /** Default true: a failing program is made shorter, which takes many runs. */
  readonly shrink?: boolean
}

export interface ModelReport {
  readonly runs: number
  readonly commands: number
  /** How often each operation was done, and how often it was refused. */
  readonly verbs: TallyOfVerbs
  /** Calls that were made at once, and how many of those batches only another order than that of the calls explains. */
  readonly batches: number
  readonly batchesTurned: number
}

export interface ConcurrentFactory {
  /** An empty store whose ports ask `turns` before every effect. */
  open(turns: Turns): Promise<OpenedSystem>
  readonly supports?: ModelSupports
}

/** @throws fast-check's error */
export async function threadStoreModel(
  factory: ModelFactory,
  { maxCommands = 50, ...options }: ModelRunOptions = {},
): Promise<ModelReport> {
  const supports = whatIsSupported(factory.supports)
  const calls = fc.tuple(programs(maxCommands, supports), fc.constant(undefined))
  return check(calls, supports, options, () => factory.open())
}

/** @throws fast-check's error */
export async function threadStoreModelConcurrently(
  factory: ConcurrentFactory,
  { maxCommands = 50, ...options }: ModelRunOptions = {},
): Promise<ModelReport> {
  const supports = whatIsSupported(factory.supports)
  const calls = fc.tuple(programsAtOnce(maxCommands, supports), fc.scheduler())
  return check(calls, supports, options, (turns) => factory.open(turns))
}

async function check(
  programsAndTurns: fc.Arbitrary<[Step[], fc.Scheduler | undefined]>,
  supports: WhatIsSupported,
  { runs = 100, seed, path, shrink = true }: ModelRunOptions,
  open: (turns: Turns) => Promise<OpenedSystem>,
): Promise<ModelReport> {
  const tally = new Tally()
  let done = 0
  let commands = 0
  await fc.assert(
    fc.asyncProperty(programsAndTurns, async ([program, scheduler]) => {
      const turns = turnsOf(scheduler)
      const story: string[] = []
      const opened = await open(turns)
      try {
        const system = systemOf(opened)
        const models = [await beginning(system, supports)]
        const run: Run = { system, supports, models, tally, story, atOnce: turns.atOnce }
        for (const step of [...program, end]) await step.run(run)
      } catch (cause) {
        // What a command was about is known once it has run, and a command may be part of several programs.
        throw new Error(`${story.join(', ')}: ${cause}`, { cause })
      } finally {
        await opened.close()
      }
      done += 1
      for (const step of program) commands += step.commands
    }),
    {
      numRuns: runs,
      endOnFailure: !shrink,
      ...(seed === undefined ? {} : { seed }),
      ...(path === undefined ? {} : { path }),
    },
  )
  assert(done > 0, 'no program was run')
  const { verbs, batches, batchesTurned } = tally
  return { runs: done, commands, verbs, batches, batchesTurned }
}
