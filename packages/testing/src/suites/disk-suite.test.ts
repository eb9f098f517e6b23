import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { MemoryDisk, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { SimDisk } from '../disk/sim-disk.js'
import { diskSuite } from './disk-suite.js'

const counts: number[] = []

describe('the real disk', () => {
  const tests = diskSuite({
    test: it,
    async factory() {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'cenotaph-disk-'))
      return { value: { disk: nodeDisk, folder }, remove: () => rm(folder, { recursive: true }) }
    },
  })
  counts.push(tests)
})

describe('the simulated disk', () => {
  const tests = diskSuite({
    test: it,
    async factory() {
      const disk = new SimDisk()
      await disk.makeFolder('/place')
      return { value: { disk, folder: '/place' } }
    },
  })
  counts.push(tests)
})

describe('the disk in memory', () => {
  const tests = diskSuite({
    test: it,
    async factory() {
      const disk = new MemoryDisk()
      await disk.makeFolder('/place')
      return { value: { disk, folder: '/place' }, remove: async () => disk.wipe() }
    },
  })
  counts.push(tests)
})

it('the suite asks enough of each', () => {
  expect(counts).toHaveLength(3)
  for (const count of counts) expect(count).toBeGreaterThanOrEqual(15)
})
