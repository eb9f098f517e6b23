import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { main } from './main.js'
import { type TestTerminalOptions, testTerminal } from './terminal.fixture.js'

let folder = ''
let root = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cenotaph-main-'))
  root = path.join(folder, 'root')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function run(words: string[], options: Partial<TestTerminalOptions> = {}) {
  const terminal = testTerminal({ root, ...options })
  const status = await main(words, terminal)
  return {
    status,
    stdout: terminal.stdout(),
    stderr: terminal.stderr(),
    questions: terminal.questions,
  }
}

async function create(name: string): Promise<string> {
  const { stdout } = await run(['create', '--name', name, '--json'])
  return (JSON.parse(stdout) as { threadId: string }).threadId
}

describe('a wrong command line', () => {
  it.each([
    [[]],
    [['search']],
    [['list', '--bogus']],
    [['list', '-n', 'many']],
    [['list', '-n', '-1']],
    [['list', '--cwd', '/', '--all-dirs']],
    [['list', '--root', '']],
    [['show']],
    [['show', 'one', 'two']],
    [['show', '--last', 'one']],
    [['show', 'one', '--all-dirs']],
    [['rename', 'one']],
    [['append']],
    [['delete', '-y']],
    [['delete', 'one']],
    [['delete', 'one', '-y', '--forks', 'maybe']],
    [['delete', 'one', '-y', '--archived']],
    [['delete', 'one', '-y', '--all']],
    [['delete', 'one', '-y', '--in', '3']],
    [['delete', 'one', '-y', '--in', '0d']],
    [['delete', 'one', '-y', '--at', 'soon']],
    [['delete', 'one', '-y', '--in', '3d', '--at', '2030-01-01']],
    [['hold', 'one']],
    [['redact', 'one', '--reason', 'a', '-y']],
    [['redact', 'one', '--ordinals', '1', '-y']],
    [['redact', 'one', '--ordinals', 'all', '--reason', 'a', '-y']],
    [['redact', 'one', '--ordinals', '1', '--reason', 'a']],
    [['restore']],
    [['retention', 'set']],
    [['retention', 'set', '--off', '--grace', '3d']],
    [['retention', 'run']],
    [['attachments', 'put', 'one', 'kind', 'key']],
    [['attachments', 'put', 'one', 'kind', 'key', 'missing.txt']],
    [['participants', 'forget', 'one']],
    [['backup']],
    [['restore-backup', 'copy', '--tombstones', '']],
    [['delete', 'one', '-y', '--older-than', '8w']],
    [['export', 'one']],
    [['export', 'one', '--to', 'x', '--format', 'pdf']],
    [['create', '--meta', '[1]']],
    [['create', '--meta', '{']],
    [['events', '--after', '-2']],
    [['receipt']],
    [['receipt', 'verify']],
    [['receipt', 'verify', 'missing.json']],
    [['repair']],
  ])('is refused with status 2, and no store is made: %j', async (words) => {
    const plain = await run(words)
    expect(plain).toMatchObject({ status: 2, stdout: '' })
    expect(plain.stderr).toMatch(/^cenotaph: [^\n]+\n$/)
    const json = await run([...words, '--json'])
    expect(json).toMatchObject({ status: 2, stdout: '' })
    expect(Object.keys(JSON.parse(json.stderr).error)).toEqual(['code', 'message', 'detail'])
    expect(readdirSync(folder)).toEqual([])
  })

  it('names the option that is wrong', async () => {
    const { stderr } = await run(['delete', 'one', '-y', '--in', '3x'])
    expect(stderr).toContain('--in')
  })
})

describe('delete at a terminal', () => {
  it('shows the plan, asks, and does nothing without a yes', async () => {
    const id = await create('to stay')
    const refused = await run(['delete', id], { answer: false })
    expect(refused).toMatchObject({ status: 2, stdout: '' })
    expect(refused.questions).toHaveLength(1)
    expect(refused.stderr).toContain('to stay')
    expect((await run(['status', id])).stdout).toContain('active')
  })

  it('deletes after a yes, and prints the receipt', async () => {
    const id = await create('to go')
    const done = await run(['delete', id], { answer: true })
    expect(done).toMatchObject({ status: 0 })
    expect(done.questions).toHaveLength(1)
    expect(done.stdout).toContain('residue 0')
    expect((await run(['status', id])).stdout).toContain('deleted')
    const again = await run(['delete', id], { answer: true })
    expect(again).toMatchObject({ status: 0, questions: [] })
  })

  it('does not ask with --yes', async () => {
    const id = await create('to go')
    const done = await run(['delete', id, '--yes'], { answer: false })
    expect(done).toMatchObject({ status: 0, questions: [], stderr: '' })
    expect(done.stdout).toContain('This deletes 1 thread for good')
  })
})

describe('output', () => {
  it('is coloured where the terminal wants it', async () => {
    await create('a name')
    expect((await run(['list'], { colours: true })).stdout).toContain('\u001b[')
    expect((await run(['list'])).stdout).not.toContain('\u001b')
  })

  it('says what was dropped, and why', async () => {
    const id = await create('a name')
    const kept =
      '{"type":"response_item","payload":{"type":"message","role":"user","content":[]}}\n'
    const dropped = '{"type":"event_msg","payload":{"type":"agent_message_delta","delta":"x"}}\n'
    const { stdout } = await run(['append', id, '--json'], { input: kept + dropped })
    expect(JSON.parse(stdout)).toMatchObject({
      written: 1,
      dropped: [{ index: 1, why: expect.any(String) }],
    })
  })

  it('names the candidates of an ambiguous name', async () => {
    const older = await create('twin')
    const ids = [await create('twin'), older]
    const { status, stderr } = await run(['show', 'twin', '--json'])
    expect(status).toBe(1)
    const { error } = JSON.parse(stderr) as { error: { code: string; detail: unknown } }
    expect(error).toMatchObject({ code: 'THREAD_AMBIGUOUS', detail: { candidates: ids } })
  })
})
