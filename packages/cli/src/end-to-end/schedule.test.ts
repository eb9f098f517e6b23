// Deletions with a date: planned, listed with the date, moved, taken back, and swept.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, itemLine, threadKeys } from './command.fixture.js'

interface Threads {
  threads: { threadId: string; state: string; deleteAfter: string | null }[]
}

const statusKeys = ['threadId', 'state', 'deleteAfter', 'deletedAt', 'receiptId']
const command = new Command()
afterAll(() => command.remove())
let parent = ''
let child = ''
beforeAll(async () => {
  ;({ threadId: parent } = await command.json<{ threadId: string }>(['create', '--name', 'tides']))
  await command.json(['append', parent], { input: itemLine('high water at noon') })
  const spawn = ['create', '--name', 'harmonics', '--parent', parent]
  ;({ threadId: child } = await command.json<{ threadId: string }>(spawn))
})

describe('delete --in and --at', () => {
  it('refuses times that have passed or say no zone', async () => {
    for (const at of ['2001-01-01', '2999-01-31T12:00']) {
      const words = ['delete', parent, '--yes', '--at', at]
      expect(await command.failure(words), at).toMatchObject({ status: 2 })
    }
    expect(await command.json(['status', parent])).toMatchObject({ state: 'active' })
  })

  it('asks first, and without a terminal refuses', async () => {
    expect((await command.run(['delete', parent, '--in', '30d'])).status).toBe(2)
    const plan = await command.json<{ state: string; bytes: number; deleteAfter: string }>(
      'delete tides --in 30d --dry-run'.split(' '),
    )
    expect(plan).toMatchObject({ state: 'planned', threadIds: [parent, child], files: 2 })
    expect(plan.bytes).toBeGreaterThan(0)
    expect(Date.parse(plan.deleteAfter)).toBeGreaterThan(Date.now() + 29 * 86_400_000)
    expect(await command.json(['status', parent])).toMatchObject({ state: 'active' })
  })

  it('hides the set, tells its date and size, and gives it back', async () => {
    const plan = await command.json<{ bytes: number }>(['delete', parent, '--dry-run'])
    const at = '2999-01-31T12:00:00.000Z'
    const done = await command.json(['delete', parent, '--at', at, '--yes'])
    expect(done).toMatchObject({
      state: 'scheduled',
      threadIds: [parent, child],
      deleteAfter: at,
      bytes: plan.bytes,
      files: 2,
      receipt: null,
    })
    expect(await command.json(['list', '--include-subagents'])).toMatchObject({ threads: [] })
    const waiting = await command.json<Threads>(['list', '--scheduled'])
    expect(waiting.threads).toMatchObject([
      { threadId: parent, state: 'scheduled', deleteAfter: at },
    ])
    expect(Object.keys(waiting.threads[0]!)).toEqual(expect.arrayContaining([...threadKeys]))
    const listed = await command.run(['list', '--scheduled'])
    expect(listed.stdout).toMatch(/tides .* scheduled for 2999-01-31 \(in \d+ years\)/)
    const status = await command.json<object>(['status', 'tides'])
    expect(Object.keys(status).slice(0, statusKeys.length)).toEqual(statusKeys)
    expect(status).toMatchObject({ state: 'scheduled', deleteAfter: at, deletedAt: null })
    expect(await command.failure(['read', parent])).toMatchObject({
      status: 1,
      code: 'THREAD_SCHEDULED',
    })
    const back = await command.json<Threads>(['restore', parent])
    expect(back.threads.map(({ threadId, state }) => [threadId, state])).toEqual([
      [parent, 'active'],
      [child, 'active'],
    ])
    expect((await command.run(['read', parent])).stdout).toContain('high water at noon')
  })

  it('lists a spawned thread that waits alone', async () => {
    await command.json(['delete', child, '--in', '8w', '--yes'])
    const waiting = await command.json<Threads>(['list', '--scheduled'])
    expect(waiting.threads.map(({ threadId }) => threadId)).toEqual([child])
    await command.json(['restore', child])
    expect(await command.json(['list', '--scheduled'])).toMatchObject({ threads: [] })
  })
})

describe('restore', () => {
  it('says of each wrong argument what is wrong', async () => {
    expect(await command.failure(['restore'])).toMatchObject({ status: 2 })
    expect(await command.failure(['restore', parent])).toMatchObject({
      status: 1,
      code: 'THREAD_NOT_SCHEDULED',
    })
    expect(await command.failure(['restore', 'nobody'])).toMatchObject({ code: 'THREAD_NOT_FOUND' })
    expect((await command.run(['restore', parent])).stderr).toContain('list --scheduled')
  })
})

describe('sweep', () => {
  it('does what there is to do, and leaves what is not due', async () => {
    expect((await command.run(['sweep'])).stdout).toContain('Nothing was pending or due.')
    await command.json(['delete', parent, '--in', '45m', '--yes'])
    const swept = await command.json<{ state: string }>(['sweep', '--confirm-clock'])
    expect(swept).toMatchObject({ state: 'deleted', threadIds: [], receipts: [], unconfirmed: [] })
    expect(await command.json(['status', parent])).toMatchObject({ state: 'scheduled' })
    await command.json(['delete', parent, '--yes'])
    expect(await command.json(['status', child])).toMatchObject({ state: 'deleted' })
  })
})
