// The rig must be able to fail: engines that are broken on purpose are run through the same search, and each is caught.

import type { MachinePorts } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import {
  acknowledgedBeforeSync,
  erasureWithoutTombstones,
  naiveErasure,
  withoutFileSync,
  withoutFolderSync,
  withoutTombstones,
  withoutUnlink,
} from './broken-ports.js'
import { exploreProgram } from './explore-program.js'
import { programsOf } from './programs.js'

const broken: readonly (readonly [
  name: string,
  program: string,
  ports: (ports: MachinePorts) => MachinePorts,
])[] = [
  ['no fsync of a folder', 'create', withoutFolderSync],
  ['no fsync of a folder after a move', 'archive a tree and bring it back', withoutFolderSync],
  ['no fsync of a folder after an unlink', 'delete of one thread', withoutFolderSync],
  ['no fsync of a file', 'fork by copy', withoutFileSync],
  ['no fsync before the journal is trimmed', 'checkpoint between appends', withoutFileSync],
  ['acknowledged before the sync', 'append', acknowledgedBeforeSync],
  ['a delete acknowledged before the sync', 'delete of one thread', acknowledgedBeforeSync],
  ['naive erasure', 'append, then delete', naiveErasure],
  ['erasure without tombstones', 'delete of one thread', erasureWithoutTombstones],
  ['no unlink', 'delete of one thread', withoutUnlink],
  ['no tombstone', 'delete of one thread', withoutTombstones],
]

describe('engines that are broken on purpose', () => {
  const canaries = new Canaries(seededRandom(5))
  const programs = programsOf(canaries)

  it.each(broken)('%s is caught by: %s', async (name, program, ports) => {
    const found = programs.find((one) => one.name === program)!
    let failure: unknown
    let states = 0
    try {
      const report = await exploreProgram(found, canaries, { seed: 1, broken: ports })
      failure = report.failures[0]?.error
      states = report.states
    } catch (error) {
      // Some do not even get through the program, which is being caught as well.
      failure = error
    }
    console.info(`${name}: caught after ${states} states: ${String(failure).split('\n')[0]}`)
    expect(failure).toBeDefined()
  })
})
