import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { nodeDisk, nodeEntropy } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { testTerminal } from '../terminal.fixture.js'
import { Report } from './report.js'
import { searchRoot } from './search-root.js'
import { makeTemporaryFolder, removeTree } from './temporary-folder.js'

describe('searchRoot', () => {
  it('finds texts in contents as they are and as JSON, and in names; never opens LOCK', async () => {
    const root = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-search-'))
    mkdirSync(path.join(root, 'deep', 'LOCKED'), { recursive: true })
    writeFileSync(path.join(root, 'deep', 'raw'), Buffer.from('\0\u00ffplain secret\0', 'latin1'))
    writeFileSync(path.join(root, 'deep', 'json'), JSON.stringify({ a: 'two\nlines' }))
    writeFileSync(path.join(root, 'deep', 'LOCKED', 'in-a-name'), '')
    writeFileSync(path.join(root, 'LOCK'), 'locked away')
    const texts = ['plain secret', 'two\nlines', 'in-a-name', 'locked away', 'nowhere']
    const { files, found, places } = await searchRoot(nodeDisk, root, texts)
    expect([...found].sort()).toEqual(['in-a-name', 'plain secret', 'two\nlines'])
    expect([...places].sort()).toEqual(['deep/LOCKED/in-a-name', 'deep/json', 'deep/raw'])
    expect(files).toBe(3)
    await removeTree(nodeDisk, root)
    expect(readdirSync(path.dirname(root))).not.toContain(path.basename(root))
  })
})

describe('makeTemporaryFolder', () => {
  it('makes another one each time', async () => {
    const made = [
      await makeTemporaryFolder(nodeDisk, nodeEntropy),
      await makeTemporaryFolder(nodeDisk, nodeEntropy),
    ]
    expect(made[0]).not.toBe(made[1])
    for (const folder of made) {
      expect(readdirSync(folder)).toEqual([])
      await removeTree(nodeDisk, folder)
    }
  })
})

describe('Report', () => {
  it('fails with one claim that does not hold, and shows which', async () => {
    const terminal = testTerminal({ root: '/' })
    const report = new Report(terminal, { silent: false })
    await report.check('the first', true)
    expect(report.holds).toBe(true)
    await report.check('the second', false)
    await report.check('the third', true)
    expect(report.holds).toBe(false)
    expect(terminal.stdout()).toContain('✗ NOT SO: the second')
    expect(report.claims.map((claim) => claim.holds)).toEqual([true, false, true])
  })
})
