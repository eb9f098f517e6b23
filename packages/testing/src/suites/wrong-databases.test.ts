// The journal suite must be able to fail: databases that are wrong in one thing, and the tests that say so.

import type { Level } from '@cenotaph/journal'
import { describe, expect, it } from 'vitest'
import { newMachine, powerLost } from '../explore/sim-machine.js'
import { SimLevel, type SimLevelOptions } from '../level/sim-level.js'
import { journalSuite, type LevelPlace } from './journal-suite.js'
import { runSuite } from './run-suite.js'

type Operation = { readonly type: 'put' | 'del'; readonly key: string }
type Batch = (operations: readonly Operation[], options: object) => Promise<void>

function withBatch(level: Level, change: (batch: Batch) => Batch): Level {
  const batch = level.batch.bind(level) as unknown as Batch
  return Object.assign(level, { batch: change(batch) })
}

const wrong: Readonly<Record<string, (level: Level) => Level>> = {
  'acknowledges before it has synced': (level) =>
    withBatch(
      level,
      (batch) => (operations, options) => batch(operations, { ...options, sync: false }),
    ),
  'loses the last operation of a batch': (level) =>
    withBatch(
      level,
      (batch) => (operations, options) =>
        batch(operations.length > 2 ? operations.slice(0, -1) : operations, options),
    ),
  'writes a batch in pieces': (level) =>
    withBatch(level, (batch) => async (operations, options) => {
      for (const operation of operations) await batch([operation], { ...options, sync: true })
    }),
  'never deletes': (level) =>
    withBatch(
      level,
      (batch) => (operations, options) =>
        batch(
          operations.filter(({ type }) => type === 'put'),
          options,
        ),
    ),
  'compacts nothing': (level) =>
    Object.assign(level, { compactRange: async () => {}, getProperty: () => '' }),
  'gives keys backwards': (level) => {
    const iterator = level.iterator.bind(level)
    const turned = (options: { reverse?: boolean }) =>
      iterator({ ...options, reverse: !options.reverse } as never)
    return Object.assign(level, { iterator: turned })
  },
}

function placeOf(change: (level: Level) => Level, options: SimLevelOptions = {}): LevelPlace {
  let machine = newMachine()
  return {
    async open() {
      const level = new SimLevel<string, Uint8Array>(machine.level, options)
      await level.open()
      return change(level)
    },
    get disk() {
      return machine.disk
    },
    losePower: async () => {
      machine = powerLost(machine)
    },
    bytes: async () => [...machine.level.physical()].map(({ value }) => value),
  }
}

const failuresOf = async (change: (level: Level) => Level): Promise<string[]> => {
  const report = await runSuite((test) =>
    journalSuite({
      test,
      factory: async () => ({ value: placeOf(change) }),
      supports: { powerLoss: true },
    }),
  )
  expect(report.passed.length + report.failed.length).toBeGreaterThan(30)
  return report.failed.map(({ name }) => name)
}

describe('a database that', () => {
  it.each(Object.keys(wrong))('%s is caught', async (name) => {
    const failed = await failuresOf(wrong[name]!)
    console.info(`a database that ${name}: caught by ${failed.length} tests, first: ${failed[0]}`)
    expect(failed.length).toBeGreaterThan(0)
  })

  it('is sound passes', async () => {
    expect(await failuresOf((level) => level)).toEqual([])
  })
})
