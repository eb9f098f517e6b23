import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, endOf, itemLine } from './command.fixture.js'

const command = new Command()
afterAll(() => command.remove())

const hostile = 'evil\u001b]0;owned\u0007\u202egnp.exe'

beforeAll(async () => {
  await command.json(['create', '--name', hostile, '--cwd', '/work'])
})

describe('the command line', () => {
  it('that is wrong ends with status 2 and one line, or one document', async () => {
    const words = ['list', '--bogus']
    const plain = await command.run(words)
    expect({ status: plain.status, stdout: plain.stdout }).toEqual({ status: 2, stdout: '' })
    expect(plain.stderr).toMatch(/^cenotaph: [^\n]+\n$/)
    const failure = await command.failure(words)
    expect(failure).toMatchObject({ status: 2, code: 'ARGUMENT_INVALID' })
  })

  it('knows help and version', async () => {
    expect(await command.run(['--version'])).toMatchObject({ status: 0, stderr: '' })
    const help = await command.run(['help'])
    expect(help.status).toBe(0)
    for (const verb of ['import', 'delete', 'receipts', 'demo']) expect(help.stdout).toContain(verb)
    expect((await command.run(['help', 'delete'])).stdout).toContain('--expect-plan')
  })

  it('takes the root from --root before CENOTAPH_ROOT', async () => {
    const other = path.join(command.folder, 'other')
    const listed = await command.json<{ threads: [] }>(['--root', other, 'list'])
    expect(listed.threads).toEqual([])
    expect((await command.run(['list', '--root', ''])).status).toBe(2)
    mkdirSync(path.join(command.folder, 'home'))
    const env = { CENOTAPH_ROOT: '', HOME: path.join(command.folder, 'home') }
    expect(await command.json(['list'], { env })).toEqual({ threads: [], nextCursor: null })
  })
})

describe('output', () => {
  it('escapes what a terminal would obey, and keeps it in JSON', async () => {
    for (const words of [['list'], ['show', hostile], ['delete', hostile, '--dry-run']]) {
      const { status, stdout } = await command.run(words)
      expect(status).toBe(0)
      expect(stdout).toContain('evil\\u{001b}]0;owned\\u{0007}\\u{202e}gnp.exe')
      expect(stdout).not.toContain('\u001b')
    }
    expect(await command.json(['show', hostile])).toMatchObject({ name: hostile })
    const missing = await command.run(['show', '\u001b[2J'])
    expect(missing.stderr).not.toContain('\u001b')
  })

  it('ends quietly when its reader goes away', async () => {
    const { threadId } = await command.json<{ threadId: string }>(['create', '--name', 'long'])
    await command.json(['append', threadId], { input: itemLine('x'.repeat(1_000)).repeat(2_000) })
    const child = command.start(['read', threadId])
    child.stdout?.once('data', () => child.stdout?.destroy())
    const { status, stderr } = await endOf(child)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe('a store that another process has', () => {
  it('is busy with status 4 until that process is interrupted, which closes it', async () => {
    const child = command.start(['events', '--follow'])
    const first = new Promise<string>((resolve) => {
      child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()))
    })
    const event = JSON.parse((await first).split('\n')[0]!) as Record<string, unknown>
    const keys = ['position', 'at', 'type', 'threadId', 'payload', 'commitment']
    expect(Object.keys(event)).toEqual(keys)
    const busy = await command.failure(['list'])
    expect(busy).toMatchObject({ status: 4, code: 'STORE_LOCKED', detail: { pid: child.pid } })
    const ended = endOf(child)
    child.kill('SIGINT')
    expect((await ended).status).toBe(130)
    expect(await command.run(['list'])).toMatchObject({ status: 0 })
  })
})
