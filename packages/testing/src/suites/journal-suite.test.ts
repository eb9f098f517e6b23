import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { memoryLevels, openLevel } from '@cenotaph/journal'
import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { newMachine, powerLost } from '../explore/sim-machine.js'
import { SimLevel } from '../level/sim-level.js'
import { journalSuite } from './journal-suite.js'

const TESTS_MIN = 30
const counts: number[] = []

describe('LevelDB in a folder, on the real disk', () => {
  counts.push(
    journalSuite({
      test: it,
      async factory() {
        const folder = await mkdtemp(path.join(os.tmpdir(), 'cenotaph-journal-suite-'))
        const level = path.join(folder, 'level')
        return {
          value: {
            open: () => openLevel(level, { createIfMissing: true }),
            disk: nodeDisk,
            anchorPath: path.join(folder, 'anchor.json'),
            async bytes() {
              const names = (await readdir(level)).filter((name) => name !== 'LOCK')
              return Promise.all(names.map((name) => readFile(path.join(level, name))))
            },
          },
          remove: () => rm(folder, { recursive: true }),
        }
      },
    }),
  )
})

describe('the simulated database and disk, which lose power', () => {
  counts.push(
    journalSuite({
      test: it,
      async factory() {
        let machine = newMachine()
        return {
          value: {
            async open() {
              const level = new SimLevel<string, Uint8Array>(machine.level)
              await level.open()
              return level
            },
            get disk() {
              return machine.disk
            },
            losePower: async () => {
              machine = powerLost(machine)
            },
            bytes: async () => [...machine.level.physical()].map(({ value }) => value),
          },
        }
      },
      supports: { powerLoss: true },
    }),
  )
})

describe('the database in memory', () => {
  counts.push(
    journalSuite({
      test: it,
      async factory() {
        const levels = memoryLevels()
        return { value: { open: () => levels.open('/level', { createIfMissing: true }) } }
      },
      // Nothing is on any medium.
      supports: { erasure: false },
    }),
  )
})

it('the suite asks enough of each', () => {
  console.info(`journal suite: ${counts.join(', ')} tests`)
  expect(counts).toHaveLength(3)
  for (const count of counts)
    expect(count).toBeGreaterThanOrEqual(count === counts[2] ? 25 : TESTS_MIN)
})
