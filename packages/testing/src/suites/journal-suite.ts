// What a database must do so that this project's journal keeps its promises on it. For a new abstract-level database
// under the journal:
//
//   journalSuite({ test: it, factory: async () => ({ value: { open: () => openMine(folder) } }) })
//
// The database has utf8 keys and byte values, and `sync` as an option of its batches. It is asked for: what resolved is
// there after it was closed and opened; batches that are whole or absent; the order of append groups; intents; checkpoints;
// that a missing or damaged record is noticed; pages; and, where it has them, physical erasure, power loss and failing
// writes.

import { testDamage } from './journal/damage.js'
import { testDurability } from './journal/durability.js'
import { testErasure } from './journal/erasure.js'
import { testFaults } from './journal/faults.js'
import { JournalRig, type LevelPlace } from './journal/journal-rig.js'
import { testReading } from './journal/reading.js'
import { type Made, type Test, using } from './suite.js'

export type { LevelPlace } from './journal/journal-rig.js'

export interface JournalSupports {
  /** Default true: deleted bytes can be erased from the medium, and `bytes` shows the medium. */
  readonly erasure?: boolean
  /** Default true: batches pass through a wrapper that fails them. */
  readonly faults?: boolean
  /** Default false: `losePower` is there. */
  readonly powerLoss?: boolean
}

export interface JournalSuiteOptions {
  readonly test: Test
  readonly factory: () => Promise<Made<LevelPlace>>
  readonly supports?: JournalSupports
}

/** Registers one test of the suite, on a database of its own. */
export type Check = (name: string, run: (rig: JournalRig) => Promise<void>) => void

/** Gives the number of tests. */
export function journalSuite({ test, factory, supports = {} }: JournalSuiteOptions): number {
  const { erasure = true, faults = true, powerLoss = false } = supports
  let tests = 0
  const check: Check = (name, run) => {
    tests += 1
    test(name, () => using(factory, (place) => run(new JournalRig(place))))
  }
  testDurability(check, { powerLoss })
  testReading(check)
  testDamage(check)
  if (erasure) testErasure(check)
  if (faults) testFaults(check)
  return tests
}
