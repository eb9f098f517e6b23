import { openThreadStore } from '@cenotaph/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command } from './command.fixture.js'

interface Deletion {
  state: string
  pending: { step: string; reason: string; participants: { name: string; trouble: string }[] }[]
  receipt: { participants: { name: string; outcome: string }[] } | null
}

const command = new Command()
afterAll(() => command.remove())
beforeAll(async () => {
  const store = await openThreadStore(command.root)
  await store.registerParticipant({
    name: 'memories',
    erase: async () => {},
    verify: async () => [],
  })
  await store.close()
})

describe('a delete from the command line', () => {
  it('waits with status 3 for a host that is not there, and names it', async () => {
    const { threadId } = await command.json<{ threadId: string }>(['create', '--name', 'one'])
    const ran = await command.run(['delete', 'one', '--yes', '--json'])
    expect(ran.status).toBe(3)
    expect(JSON.parse(ran.stdout) as Deletion).toMatchObject({
      state: 'erasing',
      receipt: null,
      pending: [
        {
          step: 'delete.participants',
          reason: 'PARTICIPANT_MISSING',
          participants: [{ name: 'memories', trouble: 'missing' }],
        },
      ],
    })
    const told = await command.run(['retry', threadId])
    expect(told.status).toBe(3)
    expect(told.stdout).toContain('memories: its host is not here')
    expect(told.stdout).toContain('participants forget NAME')
    const status = await command.run(['status', threadId])
    expect(status.stdout).toMatch(/erasing\n +delete\.participants: PARTICIPANT_MISSING/)
    expect(await command.json(['status', threadId])).toMatchObject({
      state: 'erasing',
      pending: [{ step: 'delete.participants', reason: 'PARTICIPANT_MISSING' }],
    })

    expect(await command.json(['participants'])).toMatchObject({
      participants: [{ name: 'memories', forgotten: null, present: false }],
    })
    const unknown = await command.failure(['participants', 'forget', 'memory', '--reason', 'x'])
    expect(unknown).toMatchObject({ status: 1, code: 'PARTICIPANT_NOT_FOUND' })
    expect((await command.run(['participants', 'forget', 'memories'])).status).toBe(2)
    const forgotten = await command.json(['participants', 'forget', 'memories', '--reason', 'gone'])
    expect(forgotten).toMatchObject({ participants: [{ forgotten: { reason: 'gone' } }] })
    const done = await command.json<Deletion>(['delete', threadId, '--yes'])
    expect(done).toMatchObject({
      state: 'deleted',
      receipt: { participants: [{ name: 'memories', outcome: 'forgotten' }] },
    })
    expect((await command.run(['verify'])).status).toBe(0)
  })
})
