import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, itemLine, threadKeys } from './command.fixture.js'

interface Threads {
  threads: { threadId: string; held: boolean; holdReason: string | null; pinned: boolean }[]
}

const command = new Command()
afterAll(() => command.remove())
let id = ''
beforeAll(async () => {
  ;({ threadId: id } = await command.json<{ threadId: string }>(['create', '--name', 'evidence']))
  await command.json(['append', id], { input: itemLine('kept for the court') })
})

describe('hold', () => {
  it('needs a reason and a thread', async () => {
    expect((await command.run(['hold', 'evidence'])).status).toBe(2)
    expect((await command.run(['hold', '--reason', 'x'])).status).toBe(2)
    expect(await command.failure(['hold', 'nobody', '--reason', 'x'])).toMatchObject({
      status: 1,
      code: 'THREAD_NOT_FOUND',
    })
  })

  it('blocks the delete, is shown and listed with its reason, and ends with unhold', async () => {
    const held = await command.json<Threads>(['hold', 'evidence', '--reason', 'case 4711'])
    expect(held.threads.map((thread) => Object.keys(thread).sort())).toEqual([
      expect.arrayContaining([...threadKeys].sort()),
    ])
    expect(held.threads).toMatchObject([{ threadId: id, held: true, holdReason: 'case 4711' }])
    const refused = await command.failure(['delete', 'evidence', '-y'])
    expect(refused).toMatchObject({ status: 1, code: 'THREAD_HELD', detail: { threadIds: [id] } })
    const told = await command.run(['delete', 'evidence', '-y'])
    expect(told.stderr).toContain('cenotaph unhold')
    const holds = await command.json<Threads>(['holds'])
    expect(holds).toMatchObject({ threads: [{ threadId: id, holdReason: 'case 4711' }] })
    expect((await command.run(['holds'])).stdout).toContain('case 4711')
    expect((await command.run(['show', 'evidence'])).stdout).toMatch(/held for +case 4711/)
    expect(await command.json(['show', 'evidence'])).toMatchObject({ holdReason: 'case 4711' })
    const free = await command.json<Threads>(['unhold', 'evidence'])
    expect(free.threads).toMatchObject([{ threadId: id, held: false, holdReason: null }])
    expect(await command.json(['holds'])).toEqual({ threads: [] })
    expect(await command.failure(['unhold', 'evidence'])).toMatchObject({
      status: 1,
      code: 'THREAD_NOT_HELD',
    })
  })
})

describe('pin', () => {
  it('marks threads until unpin', async () => {
    const pinned = await command.json<Threads>(['pin', 'evidence'])
    expect(pinned.threads).toMatchObject([{ threadId: id, pinned: true }])
    expect((await command.run(['list'])).stdout).toContain('pinned')
    const free = await command.json<Threads>(['unpin', id])
    expect(free.threads).toMatchObject([{ threadId: id, pinned: false }])
  })
})
