import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from '../main.js'
import { type TestTerminalOptions, testTerminal } from '../terminal.fixture.js'

let folder = ''
let root = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-retention-'))
  root = path.join(folder, 'root')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(words: string[], options: Partial<TestTerminalOptions> = {}) {
  const terminal = testTerminal({ root, ...options })
  const status = await main(['retention', ...words], terminal)
  const [stdout, stderr] = [terminal.stdout(), terminal.stderr()]
  return { status, stdout, stderr, questions: terminal.questions }
}

describe('retention', () => {
  it.each([
    [['set']],
    [['set', '--delete-after', '0d']],
    [['set', '--delete-after', 'soon']],
    [['set', '--delete-after', '-1d']],
    [['set', '--max-total-bytes', '-1']],
    [['set', '--grace', '1d']],
    [['set', '--exclude-cwd', '/work']],
    [['set', '--off', '--delete-after', '1d']],
    [['set', '--off', '--include-pinned']],
    [['set', '--delete-after', '1d', '--forks', 'keep']],
    [['set', '--delete-after']],
    [['sett']],
    [['run']],
  ])('%j is a wrong command line, and no store is made', async (words) => {
    expect((await run(words)).status).toBe(2)
    expect(readdirSync(folder)).toEqual([])
  })

  it('asks for nothing where nothing is due', async () => {
    await run(['set', '--archive-after', '30d'])
    const { status, stdout, questions } = await run(['run'], { answer: false })
    expect([status, questions]).toEqual([0, []])
    expect(stdout).toContain('Nothing was due')
  })

  it('does nothing without a yes', async () => {
    const terminal = testTerminal({ root })
    await main(['create', '--name', 'kept'], terminal)
    await run(['set', '--max-total-bytes', '1', '--grace', '0'])
    const refused = await run(['run'], { answer: false })
    expect(refused.status).toBe(2)
    expect(refused.questions).toEqual(['Archive 0 threads and delete 1 thread?'])
    expect(refused.stderr).toContain('kept')
    const done = await run(['run'], { answer: true })
    expect(done.status).toBe(0)
    expect(done.stdout).toContain('receipt')
  })
})
