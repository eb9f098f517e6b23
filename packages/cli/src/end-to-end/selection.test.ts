import { afterEach, describe, expect, it } from 'vitest'
import { Command } from './command.fixture.js'

interface Deletion {
  readonly state: string
  readonly planId: string | null
  readonly threadIds: readonly string[]
  readonly held: readonly string[]
  readonly live: readonly string[]
  readonly spared: readonly { readonly threadId: string; readonly why: string }[]
  readonly receipt: { readonly threadIds: readonly string[] } | null
}

let command = new Command()
afterEach(() => {
  command.remove()
  command = new Command()
})

const create = async (...options: string[]): Promise<string> =>
  (await command.json<{ threadId: string }>(['create', ...options])).threadId

const living = async (): Promise<string[]> => {
  const ids: string[] = []
  for (const words of [['list'], ['list', '--archived']]) {
    const { threads } = await command.json<{ threads: { threadId: string }[] }>(words)
    ids.push(...threads.map(({ threadId }) => threadId))
  }
  return ids.sort()
}

describe('delete --archived and --all', () => {
  it('deletes what is archived, and tells what it spared', async () => {
    const [used, archived, held] = [await create(), await create(), await create()]
    await command.json(['archive', archived, held])
    await command.json(['hold', held, '--reason', 'a case'])
    const plan = await command.json<Deletion>(['delete', '--archived', '--dry-run'])
    expect(plan).toMatchObject({
      state: 'planned',
      threadIds: [archived],
      held: [held],
      live: [],
      spared: [{ threadId: held, why: 'held' }],
    })
    const done = await command.json<Deletion>([
      'delete',
      '--archived',
      '--expect-plan',
      plan.planId!,
      '--yes',
    ])
    expect(done).toMatchObject({ state: 'deleted', receipt: { threadIds: [archived] } })
    const text = await command.run(['delete', '--archived', '--yes'])
    expect(text.status).toBe(0)
    expect(text.stdout).toContain('nothing to delete')
    expect(text.stdout).toContain(held)
    expect(await command.json(['status', used])).toMatchObject({ state: 'active' })
  })

  it('with nothing to delete is done: status 0', async () => {
    await create()
    const none = await command.json<Deletion>(['delete', '--archived', '--yes'])
    expect(none).toMatchObject({ state: 'deleted', planId: null, threadIds: [], receipt: null })
    const old = await command.json<Deletion>([
      'delete',
      '--all',
      '--older-than',
      '6mo',
      '--dry-run',
    ])
    expect(old).toMatchObject({ state: 'planned', threadIds: [] })
  })

  it('deletes all, of one directory or of every one, and only with consent', async () => {
    const [here, there] = [await create('--cwd', '/here'), await create('--cwd', '/there')]
    const refused = await command.failure(['delete', '--all'])
    expect(refused).toMatchObject({ status: 2, code: 'ARGUMENT_INVALID' })
    const some = await command.json<Deletion>(['delete', '--all', '--cwd', '/here', '-y'])
    expect(some.threadIds).toEqual([here])
    expect(await living()).toEqual([there])
    const shown = await command.run(['delete', '--all', '--yes'])
    expect(shown.status).toBe(0)
    expect(shown.stdout).toContain('This deletes 1 thread for good')
    expect(await living()).toEqual([])
  })

  it('refuses what is no selection, with status 2 and before anything happens', async () => {
    const id = await create()
    const wrong = [
      ['some-thread', '--all'],
      ['--last', '--archived'],
      ['--older-than', '30d'],
      ['--cwd', '/here'],
      ['--all', '--older-than', 'soon'],
      ['--all', '--older-than', '0d'],
      ['--all', '--older-than', '-1d'],
    ]
    for (const words of wrong) {
      const refused = await command.failure(['delete', ...words, '--yes'])
      expect(refused, words.join(' ')).toMatchObject({ status: 2 })
    }
    expect(await living()).toEqual([id])
  })
})
