import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { nodeClock, nodeDisk, nodeEntropy } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { Journal } from './journal.js'
import { openLevel } from './level.js'

describe('reopening the database in place', () => {
  it('starts LOG and MANIFEST anew, and loses nothing that is committed meanwhile', async () => {
    const folder = await fs.mkdtemp(path.join(os.tmpdir(), 'cenotaph-reopen-'))
    try {
      const levelFolder = path.join(folder, 'level')
      const level = await openLevel(levelFolder, { createIfMissing: true })
      const anchorPath = path.join(folder, 'anchor.json')
      const ports = { disk: nodeDisk, clock: nodeClock, entropy: nodeEntropy }
      const { journal } = await Journal.open({ level, anchorPath, fresh: true, ...ports })
      const put = (key: string) =>
        journal.commit(() => ({ operations: [{ type: 'put', key, body: Buffer.from(key) }] }))
      // Each compaction writes its range to LOG, and its new tables to MANIFEST.
      for (let n = 0; n < 30; n += 1) {
        await put(`a/${n}`)
        await journal.eraseRanges([{ from: `b/${n}`, to: `b/${n}~` }])
      }
      const before = await journal.logBytes(levelFolder)
      const racing = Promise.all(Array.from({ length: 20 }, (_, n) => put(`c/${n}`)))
      await Promise.all([journal.reopenLevel(), racing, put('d')])
      expect(await journal.logBytes(levelFolder)).toBeLessThan(before)
      const keys = [...Array.from({ length: 20 }, (_, n) => `c/${n}`), 'a/0', 'a/29', 'd']
      const bodies = await journal.getMany(keys)
      expect(bodies.map((body) => body && Buffer.from(body).toString())).toEqual(keys)
      await journal.close()
    } finally {
      await fs.rm(folder, { recursive: true })
    }
  })
})
