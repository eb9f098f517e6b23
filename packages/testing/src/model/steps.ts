// What a program is made of: one call, several calls at once, a reopening, a look at everything.

import assert from 'node:assert/strict'
import fc from 'fast-check'
import { anyVerb, verbAlone } from './any-verb.js'
import { explanationOf, type Made } from './linearize.js'
import { endProcess } from './model-halves.js'
import { compareStore, observe, observeModel } from './observe.js'
import { explains, outcomeOf } from './said.js'
import type { WhatIsSupported } from './supports.js'
import type { System } from './system.js'
import type { Tally } from './tally.js'
import type { ThreadModel } from './thread-model.js'
import type { Verb } from './verb.js'

/** A program that is being run. */
export interface Run {
  readonly system: System
  readonly supports: WhatIsSupported
  readonly tally: Tally
  /** What was done, for people. */
  readonly story: string[]
  /** Makes calls at once, in an order of their effects that somebody else decides; waits for all of them. */
  readonly atOnce: (calls: readonly (() => Promise<unknown>)[]) => Promise<void>
  /** Models of the store, none of which anything has ruled out; all show the same. */
  models: readonly ThreadModel[]
}

export interface Step {
  /** How many commands it counts for. */
  readonly commands: number
  toString(): string
  run(run: Run): Promise<void>
}

const one = (verb: Verb): Step => ({
  commands: 1,
  toString: () => verb.name,
  async run(run) {
    const { text, isNothing, call, apply } = await verb.prepare(run.system, run.models[0]!)
    run.story.push(`${verb.name}(${text})`)
    const outcome = await outcomeOf(call)
    const said = run.models.map((model) => apply(model))
    const left = run.models.filter((_, at) => explains(said[at]!, outcome))
    assert(left.length > 0, `${JSON.stringify(outcome)}, not ${JSON.stringify(said[0])}`)
    run.models = left
    if (!isNothing) run.tally.note(verb.name, outcome)
  },
})

const atOnce = (verbs: readonly Verb[]): Step => ({
  commands: verbs.length,
  toString: () => `at once [${verbs.map(({ name }) => name).join(', ')}]`,
  async run(run) {
    const { system, tally, story } = run
    const made: Made[] = []
    for (const verb of verbs)
      made.push({ ...(await verb.prepare(system, run.models[0]!)), outcome: {} })
    story.push(`at once ${made.map(({ text }, at) => `${verbs[at]!.name}(${text})`).join(' | ')}`)
    await run.atOnce(
      made.map((one) => async () => {
        one.outcome = await outcomeOf(one.call)
      }),
    )
    const seen = await observe(system.store, run.supports)
    const { models, isInOrder } = explanationOf(run.models, made, seen)
    if (models.length === 0) {
      const outcomes = JSON.stringify(made.map(({ outcome }) => outcome))
      // The difference to one order, so that there is something to look at.
      const first = run.models[0]!.copy()
      for (const { apply } of made) apply(first)
      assert.deepEqual(seen, observeModel(first), `no order explains ${outcomes}`)
      assert.fail(`no order explains ${outcomes}`)
    }
    run.models = models
    for (const [at, { outcome, isNothing }] of made.entries())
      if (!isNothing) tally.note(verbs[at]!.name, outcome)
    tally.noteBatch(isInOrder)
  },
})

const reopen: Step = {
  commands: 1,
  toString: () => 'reopen()',
  async run(run) {
    run.story.push('reopen()')
    await run.system.reopen()
    if (!run.system.livesOn) run.system.recorders.clear()
    for (const model of run.models) {
      if (!run.system.livesOn) endProcess(model)
      model.runDue()
    }
    await compareWith(false)(run)
  },
}

const compareWith =
  (verify: boolean) =>
  async (run: Run): Promise<void> => {
    run.models = await compareStore(run.system.store, run.models, run.supports, { verify })
  }

const compare: Step = { commands: 1, toString: () => 'compare()', run: compareWith(false) }

/** What every program ends with. */
export const end: Step = { commands: 0, toString: () => 'end', run: compareWith(true) }

const alone = (supports: WhatIsSupported): fc.Arbitrary<Step> =>
  fc.oneof(
    { arbitrary: verbAlone(supports).map(one), weight: 4 },
    { arbitrary: fc.constant(reopen), weight: 1 },
    { arbitrary: fc.constant(compare), weight: 1 },
  )

/** One call after the other. */
export const programs = (commandsMax: number, supports: WhatIsSupported): fc.Arbitrary<Step[]> => {
  const steps = fc.oneof(
    { arbitrary: anyVerb(supports).map(one), weight: 12 },
    { arbitrary: alone(supports), weight: 6 },
  )
  return fc.array(steps, { maxLength: commandsMax, size: 'max' })
}

/** Several calls at once, most of the time. */
export const programsAtOnce = (
  commandsMax: number,
  supports: WhatIsSupported,
): fc.Arbitrary<Step[]> => {
  const verb = anyVerb(supports)
  const steps = fc.oneof(
    { arbitrary: fc.array(verb, { minLength: 2, maxLength: 3 }).map(atOnce), weight: 8 },
    { arbitrary: verb.map(one), weight: 3 },
    { arbitrary: alone(supports), weight: 2 },
  )
  return fc
    .array(steps, { maxLength: commandsMax, size: 'max' })
    .map((all) => firstOf(all, commandsMax))
}

function firstOf(all: readonly Step[], commandsMax: number): Step[] {
  let commands = 0
  return all.filter((step) => {
    commands += step.commands
    return commands <= commandsMax
  })
}
