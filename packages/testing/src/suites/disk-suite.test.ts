import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { MemoryDisk, nodeDisk } from '@cenotaph/storage'
import { describe, it } from 'vitest'
import { SimDisk } from '../disk/sim-disk.js'
import { diskSuite } from './disk-suite.js'

describe('the real disk', () => {
  diskSuite({
    test: it,
    async factory() {
      const folder = await mkdtemp(path.join(os.tmpdir(), 'cenotaph-disk-'))
      return { value: { disk: nodeDisk, folder }, remove: () => rm(folder, { recursive: true }) }
    },
  })
})

describe('the simulated disk', () => {
  diskSuite({
    test: it,
    async factory() {
      const disk = new SimDisk()
      await disk.makeFolder('/place')
      return { value: { disk, folder: '/place' } }
    },
  })
})

describe('the disk in memory', () => {
  diskSuite({
    test: it,
    async factory() {
      const disk = new MemoryDisk()
      await disk.makeFolder('/place')
      return { value: { disk, folder: '/place' }, remove: async () => disk.wipe() }
    },
  })
})
