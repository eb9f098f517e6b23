import { appendFileSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, codexHome } from './command.fixture.js'

interface Imported {
  imported: Record<string, unknown>[]
  skipped: { source: string; reason: string }[]
  damaged: Record<string, unknown>[]
}

const command = new Command()
let report: Imported
afterAll(() => command.remove())
beforeAll(async () => {
  report = await command.json<Imported>(['import', codexHome])
})

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => path.basename(name).startsWith('rollout-'))
    .sort()

describe('import', () => {
  it('reports every thread, and leaves every rollout as it is', () => {
    expect(Object.keys(report)).toEqual(['imported', 'skipped', 'damaged'])
    expect(report).toMatchObject({ skipped: [], damaged: [] })
    expect(report.imported).toHaveLength(10)
    expect(Object.keys(report.imported[0]!)).toEqual([
      'threadId',
      'source',
      'items',
      'bytes',
      'archived',
      'forkedFromId',
      'parentThreadId',
    ])
    expect(files(command.root)).toEqual(files(codexHome))
    for (const name of files(codexHome)) {
      expect(readFileSync(path.join(command.root, name))).toEqual(
        readFileSync(path.join(codexHome, name)),
      )
    }
  })

  it('takes names, the archive, forks and spawned threads along', async () => {
    const audit = await command.json<{ children: string[] }>(['show', 'Heron account audit'])
    expect(audit.children).toHaveLength(2)
    const base = await command.json<{ forks: string[] }>(['show', 'Fix the tide rounding'])
    expect(base.forks).toHaveLength(1)
    const archived = await command.json<{ threads: unknown[] }>(['list', '--archived'])
    expect(archived.threads).toMatchObject([{ name: 'Old spike: libraries', state: 'archived' }])
  })

  it('imports nothing twice', async () => {
    const again = await command.json<Imported>(['import', codexHome])
    expect(await command.json(['verify'])).toMatchObject({ ok: true, threads: 10 })
    expect(again.damaged).toEqual([])
    expect(files(command.root)).toEqual(files(codexHome))
  })

  it('refuses a path where there is nothing', async () => {
    const failure = await command.failure(['import', path.join(command.folder, 'nothing')])
    expect(failure).toMatchObject({ status: 1, code: 'IMPORT_SOURCE_INVALID' })
  })
})

describe('export', () => {
  it('writes a flat file, once', async () => {
    const words = ['export', 'Fix the tide rounding', '--to', 'out']
    const { exported } = await command.json<{
      exported: { threadId: string; path: string; bytes: number }[]
    }>(words)
    expect(Object.keys(exported[0]!)).toEqual(['threadId', 'path', 'bytes'])
    const bytes = readFileSync(exported[0]!.path)
    expect(bytes.length).toBe(exported[0]!.bytes)
    const source = files(codexHome).find((name) => name.includes(exported[0]!.threadId))!
    expect(bytes).toEqual(readFileSync(path.join(codexHome, source)))
    const again = await command.failure(words)
    expect(again).toMatchObject({ status: 1, code: 'EXPORT_TARGET_EXISTS' })
  })

  it('makes a home that can be imported again', async () => {
    const words = ['export', 'Spring tides, second idea', 'Weekly chart', '--layout', 'codex']
    await command.json([...words, '--to', 'home'])
    const other = path.join(command.folder, 'again')
    const imported = await command.json<Imported>(['import', 'home', '--root', other])
    expect(imported.imported).toHaveLength(2)
    const shown = await command.json(['show', 'Weekly chart', '--root', other])
    expect(shown).toMatchObject({ name: 'Weekly chart', preview: 'Draw the week as a chart.' })
  })
})

describe('verify and repair', () => {
  it('ends with status 1 where bytes were added behind the store’s back, and adopts them', async () => {
    const { threadId } = await command.json<{ threadId: string }>(['show', 'Weekly chart'])
    const file = path.join(
      command.root,
      files(command.root).find((name) => name.includes(threadId))!,
    )
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    const last = JSON.parse(lines.at(-1)!) as { ordinal: number }
    appendFileSync(file, `${JSON.stringify({ ...last, ordinal: last.ordinal + 1 })}\n`)
    const verified = await command.run(['verify', '--json'])
    expect(verified.status).toBe(1)
    const document = JSON.parse(verified.stdout) as { ok: boolean; problems: object[] }
    expect(Object.keys(document)).toEqual(['ok', 'threads', 'bytes', 'problems'])
    expect(document.ok).toBe(false)
    expect(Object.keys(document.problems[0]!)).toEqual(['code', 'threadId', 'detail'])
    const repaired = await command.json<object>(['repair', '--yes'])
    expect(repaired).toMatchObject({ adopted: [{ threadId, items: 1 }], lost: [] })
    expect(await command.run(['verify'])).toMatchObject({ status: 0 })
  })

  it('rebuilds a lost database from the rollouts', async () => {
    rmSync(path.join(command.root, '.cenotaph', 'level'), { recursive: true })
    const refused = await command.failure(['list'])
    expect(refused).toMatchObject({ status: 1 })
    expect(['JOURNAL_GAP', 'LEVEL_DAMAGED']).toContain(refused.code)
    const plan = await command.json<{ rebuilt: string[] }>(['repair', '--dry-run'])
    expect(plan.rebuilt).toHaveLength(10)
    expect(await command.failure(['list'])).toMatchObject({ status: 1, code: refused.code })
    const done = await command.json<{ rebuilt: string[]; lost: object[] }>(['repair', '-y'])
    expect(done.rebuilt).toHaveLength(10)
    expect(Object.keys(done)).toEqual(expect.arrayContaining(['rebuilt', 'lost', 'setAside']))
    expect(await command.run(['verify'])).toMatchObject({ status: 0 })
  })
})
