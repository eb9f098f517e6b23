import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, itemLine, threadKeys } from './command.fixture.js'

interface Thread {
  threadId: string
  state: string
  name: string | null
  cwd: string
  items: number
  forks: string[]
  children: string[]
  parentThreadId: string | null
}

const command = new Command()
afterAll(() => command.remove())

describe('threads', () => {
  let id = ''
  beforeAll(async () => {
    const words = ['create', '--name', 'first', '--cwd', '/work/one', '--meta', '{"mark":"M"}']
    const created = await command.json<{ threadId: string }>(words)
    expect(Object.keys(created)).toEqual(['threadId'])
    id = created.threadId
  })

  it('appends from standard input and keeps the bytes of the payload', async () => {
    const payload = '{"type":"odd", "n":12345678901234567890,"f":1.0,"a":1,"a":2,"e":1E2}'
    const result = await command.json(['append', id], {
      input: `{"type":"response_item","payload":${payload},"timestamp":"2026-01-02T03:04:05.678Z"}\n`,
    })
    expect(result).toEqual({
      threadId: id,
      firstOrdinal: 1,
      lastOrdinal: 1,
      written: 1,
      dropped: [],
      bytes: expect.any(Number),
    })
    const { stdout } = await command.run(['read', id, '--from', '1'])
    expect(stdout).toBe(
      `{"timestamp":"2026-01-02T03:04:05.678Z","ordinal":1,"type":"response_item","payload":${payload}}\n`,
    )
  })

  it('appends from a file, once for one idempotency key', async () => {
    writeFileSync(path.join(command.folder, 'items.jsonl'), itemLine('from a file'))
    const words = ['append', 'first', 'items.jsonl', '--idempotency-key', 'k', '--expected-ordinal']
    const once = await command.json<{ lastOrdinal: number }>([...words, '2'])
    expect(once.lastOrdinal).toBe(2)
    expect(await command.json([...words, '2'])).toEqual(once)
    const conflict = await command.failure(['append', id, 'items.jsonl', '--expected-ordinal', '9'])
    expect(conflict).toMatchObject({ status: 1, code: 'ORDINAL_CONFLICT' })
  })

  it('writes nothing of an input with a bad line, and names the line', async () => {
    const before = await command.run(['read', id])
    const input = `${itemLine('good')}\n{"type":"x","payload":}\n`
    const failure = await command.failure(['append', id], { input })
    expect(failure).toMatchObject({ status: 1, code: 'ITEM_INVALID', detail: { line: 3 } })
    const meta = await command.failure(['append', id], {
      input: `${itemLine('good')}{"type":"session_meta","payload":{}}\n`,
    })
    expect(meta).toMatchObject({ status: 1, code: 'ITEM_INVALID', detail: { line: 2 } })
    expect(await command.run(['read', id])).toEqual(before)
  })

  it('shows and lists threads with the members of the contract', async () => {
    const shown = await command.json<Thread>(['show', id.slice(0, 18)])
    expect(Object.keys(shown)).toEqual(threadKeys)
    expect(shown).toMatchObject({ threadId: id, name: 'first', cwd: '/work/one', items: 3 })
    const listed = await command.json<{ threads: Thread[]; nextCursor: string | null }>(['list'])
    expect(Object.keys(listed)).toEqual(['threads', 'nextCursor'])
    expect(listed.threads).toEqual([shown])
  })

  it('pages and filters', async () => {
    await command.json(['create', '--name', 'second', '--cwd', '/work/two', '--parent', id])
    const all = await command.json<{ threads: Thread[]; nextCursor: string }>(
      'list --include-subagents -n 1'.split(' '),
    )
    expect(all.threads.map((thread) => thread.name)).toEqual(['second'])
    expect(all.threads[0]!.parentThreadId).toBe(id)
    const rest = await command.json<{ threads: Thread[]; nextCursor: null }>([
      ...'list --include-subagents --cursor'.split(' '),
      all.nextCursor,
    ])
    expect(rest.threads.map((thread) => thread.name)).toEqual(['first'])
    expect(rest.nextCursor).toBeNull()
    const words = ['list', '--include-subagents', '--cwd', '/work/two']
    const here = await command.json<{ threads: Thread[] }>(words)
    expect(here.threads.map((thread) => thread.name)).toEqual(['second'])
    const found = await command.json<{ threads: Thread[] }>(['list', '--search', 'FIRS'])
    expect(found.threads.map((thread) => thread.threadId)).toEqual([id])
  })

  it('forks through an ordinal and follows the lineage when it reads', async () => {
    const words = ['fork', id, '--through', '1', '--name', 'forked']
    const forked = await command.json<{ threadId: string }>(words)
    expect(Object.keys(forked)).toEqual(['threadId', 'forkedFromId', 'throughOrdinal'])
    expect(forked).toMatchObject({ forkedFromId: id, throughOrdinal: 1 })
    const { stdout } = await command.run(['read', 'forked', '-n', '2', '--json'])
    const base = await command.run(['read', id, '--limit', '2'])
    expect(stdout.split('\n')[1]).toBe(base.stdout.split('\n')[1])
    const reverse = await command.run(['read', id, '--reverse', '-n', '1'])
    expect(JSON.parse(reverse.stdout)).toMatchObject({ ordinal: 2 })
    expect(await command.failure(['fork', id, '--before-turn', 'none'])).toMatchObject({
      status: 1,
      code: 'TURN_NOT_FOUND',
    })
  })

  it('archives with what was spawned, and brings back', async () => {
    const before = await command.run(['read', id])
    const archived = await command.json<{ threads: Thread[] }>(['archive', id])
    expect(archived.threads.map((thread) => thread.state)).toEqual(['archived', 'archived'])
    expect(Object.keys(archived.threads[0]!)).toEqual(threadKeys)
    const status = await command.json(['status', id])
    expect(status).toEqual({
      threadId: id,
      state: 'archived',
      deleteAfter: null,
      deletedAt: null,
      receiptId: null,
    })
    const list = await command.json<{ threads: Thread[] }>(['list', '--archived'])
    expect(list.threads.map((thread) => thread.name)).toEqual(['first'])
    expect(await command.failure(['append', id], { input: itemLine('no') })).toMatchObject({
      status: 1,
      code: 'THREAD_ARCHIVED',
    })
    await command.json(['unarchive', id])
    expect(await command.run(['read', id])).toEqual(before)
  })

  it('finds the thread active last, in this directory or anywhere', async () => {
    const nowhere = await command.failure(['show', '--last'], { cwd: '/' })
    expect(nowhere).toMatchObject({ status: 1, code: 'THREAD_NOT_FOUND' })
    const { threadId } = await command.json<{ threadId: string }>(['create', '--name', 'here'])
    expect(await command.json(['show', '--last'])).toMatchObject({ threadId })
    const any = await command.json(['show', '--last', '--all-dirs'], { cwd: '/' })
    expect(any).toMatchObject({ threadId })
    const renamed = await command.json<{ threads: Thread[] }>(['rename', '--last', 'here too'])
    expect(renamed.threads).toMatchObject([{ threadId, name: 'here too' }])
    const both = await command.failure(['show', threadId, '--last'])
    expect(both).toMatchObject({ status: 2, code: 'ARGUMENT_INVALID' })
  })

  it('takes names that look like options behind --', async () => {
    const renamed = await command.run(['rename', 'here too', '--', '--json'])
    expect(renamed.status).toBe(0)
    const { status, stdout } = await command.run(['status', '--', '--json'])
    expect({ status, stdout }).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('active'),
    })
  })
})
