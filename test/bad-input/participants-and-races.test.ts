// What waits and what was told when callers, hosts and the disk act at the same moment.

import path from 'node:path'
import { openThreadStore, type Participant } from '@cenotaph/core'
import { SimClock } from '@cenotaph/testing'
import { describe, expect, it } from 'vitest'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { codeOf } from '../support-fixtures/store-state.fixture.js'

const scratches = scratch()

const turn = () => new Promise((resolve) => setImmediate(resolve))
const host = (erase: Participant['erase'] = async () => {}): Participant => ({
  name: 'host',
  erase,
  verify: async () => [],
})

/** Lets time pass in small steps until the promise is settled. */
async function passing<T>(clock: SimClock, run: Promise<T>): Promise<T> {
  let isOver = false
  const over = () => {
    isOver = true
  }
  run.then(over, over)
  while (!isOver) {
    await turn()
    if (!isOver) clock.advance(1)
  }
  return run
}

describe('a delete whose participant never answers', () => {
  it('has one timer for its next try, however often it was asked, and none once it is over', async () => {
    const clock = new SimClock()
    const store = await scratches.store({ clock, participantTimeoutMs: 5, retryMs: 10 ** 9 })
    await store.registerParticipant(host(() => new Promise<void>(() => {})))
    const id = await store.createThread()
    expect((await passing(clock, store.deleteThread(id))).state).toBe('erasing')
    const waiting = clock.timers
    for (let ask = 0; ask < 5; ask += 1) await passing(clock, store.retry(id))
    await passing(clock, store.sweep())
    expect(clock.timers).toBe(waiting)
    await store.forgetParticipant('host', 'it hangs')
    while ((await store.status(id)).state !== 'deleted') await turn()
    expect(clock.timers).toBeLessThan(waiting)
    await store.close()
    expect(clock.timers).toBe(0)
  })
})

it('a participant that registers while its name is forgotten is there', async () => {
  const store = await scratches.store()
  const there = host()
  await store.registerParticipant(there)
  await Promise.all([store.forgetParticipant('host', 'moves'), store.registerParticipant(there)])
  expect(await store.participants()).toMatchObject([{ forgotten: null, present: true }])
  expect((await store.deleteThread(await store.createThread())).state).toBe('deleted')
})

it('a new store whose opening ends while it registers participants can be opened', async () => {
  const root = path.join(await scratches.folder(), 'store')
  const cutShort = {
    participants: [host()],
    crashPoint(name: string) {
      if (name === 'participant-register.intend:after') throw new Error('cut short')
    },
  }
  await expect(openThreadStore(root, cutShort)).rejects.toThrow('cut short')
  const store = await scratches.open(root)
  expect(await store.participants()).toMatchObject([{ name: 'host', present: false }])
})

it('a delete that never began says so, though another one took a thread of it', async () => {
  let arrived = () => {}
  let goOn = () => {}
  const atCommit = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const fault = failWhile((call, file) => call === 'syncFolder' && file.includes('sessions'))
  fault.heal()
  const store = await scratches.store({
    disk: fault.disk,
    async crashPoint(name) {
      if (name !== 'delete.intend:before') return
      arrived()
      await new Promise<void>((resolve) => {
        goOn = resolve
      })
    },
  })
  const taken = await store.createThread()
  const kept = await store.createThread()
  const first = store.deleteThread(taken)
  await atCommit
  // It waits for the locks of the first, with a scope that has both.
  const second = codeOf(() => store.deleteThreads([taken, kept]))
  for (let turns = 0; turns < 100; turns += 1) await turn()
  fault.fail()
  goOn()
  expect(await first).toMatchObject({ state: 'erasing', threadIds: [taken] })
  expect(await second).toBe('STORE_FAILED')
  fault.heal()
  await store.reopen()
  expect((await store.status(taken)).state).toBe('deleted')
  expect((await store.status(kept)).state).toBe('active')
})
