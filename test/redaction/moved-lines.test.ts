// A detach moves lines: the fork gets those of its dead base before its own, in a file of other offsets. What was
// redacted stays redacted, what was not stays whole, and who began to read before any of it sees neither the old text
// nor a line that is torn.

import path from 'node:path'
import { openThreadStore, type ThreadStore } from '@cenotaph/core'
import { expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { open, refusal, say, scratch } from '../traps/store.fixture.js'
import { filesWith, fork, linesOf, newSecret, thread } from './redact.fixture.js'

const other = testId(3)

/** A base with the ordinals 1 and 2, and a fork with 4 to 7; ordinals 2 and 5 are secret. */
async function forkedStore(inherited: string, own: string) {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  await store.createThread({ threadId: thread })
  await store.appendItems(thread, [say('base'), say(inherited)])
  await store.forkThread(thread, { newThreadId: fork })
  await store.appendItems(fork, [say('one'), say(own), say('three'), say('four')])
  return { root, store }
}

/** An iterator that has opened the thread and read its first line. */
async function begun(store: ThreadStore, id: string) {
  const items = store.listItems(id)
  await items.next()
  return items
}

/** Lines whose text is gone. */
async function blank(items: AsyncIterable<{ ordinal: number; payload: unknown }>) {
  const ordinals: number[] = []
  for await (const { ordinal, payload } of items)
    if (JSON.stringify(payload) === '{"type":"message"}') ordinals.push(ordinal)
  return ordinals
}

it('lines that were redacted before a detach are masked where they are afterwards', async () => {
  const [inherited, own] = [newSecret(), newSecret()]
  const { store } = await forkedStore(inherited, own)
  await store.redactItems(fork, [5], 'asked for')
  await store.forkThread(fork, { newThreadId: other })
  const before = (await linesOf(store, other)).slice(1)
  await store.deleteThread(thread, { forks: 'detach' })
  const metas = (line: string) => !line.includes('session_meta')
  expect((await linesOf(store, other)).slice(1).filter(metas)).toEqual(before.filter(metas))
  expect(await blank(store.listItems(fork))).toEqual([5])
  // Twice moved: what is written from a reading has to be whole as well.
  await store.deleteThread(fork, { forks: 'detach' })
  expect((await linesOf(store, other)).slice(1).filter(metas)).toEqual(before.filter(metas))
  expect(await blank(store.listItems(other))).toEqual([5])
  expect((await store.verify()).problems).toEqual([])
})

it('lines that are redacted after a detach are masked for who has opened the base before it', async () => {
  const [inherited, own] = [newSecret(), newSecret()]
  const { root, store } = await forkedStore(inherited, own)
  await store.forkThread(fork, { newThreadId: other })
  const old = [await begun(store, fork), await begun(store, other)]
  await store.deleteThread(thread, { forks: 'detach' })
  const late = await begun(store, fork)
  await store.redactItems(other, [2], 'asked for')
  await store.redactItems(fork, [5], 'asked for')
  for (const items of [...old, late]) expect(await blank(items)).toEqual([2, 5])
  expect(await blank(store.listItems(fork))).toEqual([2, 5])
  expect((await linesOf(store, fork)).join()).toContain('four')
  for (const text of [inherited, own]) expect(await filesWith(root, text)).toEqual([])
  expect((await store.verify()).problems).toEqual([])
})

it('who began to read before a reopen, reads no further', async () => {
  const secret = newSecret()
  const { store } = await forkedStore(secret, 'own')
  const old = await begun(store, fork)
  await store.reopen()
  await store.redactItems(fork, [2], 'asked for')
  await refusal(old.next(), 'STORE_CLOSED')
})

it('lines that a fork inherits are redacted while another fork has no file yet', async () => {
  const secret = newSecret()
  let redacting: Promise<unknown> | undefined
  let armed = false
  // In memory, where a few turns are enough for what waits for nobody.
  const store = await openThreadStore('/nowhere', {
    persistence: 'none',
    async crashPoint(name) {
      if (name !== 'fork.publish:before' || !armed) return
      armed = false
      // Its lines are those of the base, which the fork under way has locked for reading.
      redacting = store.redactItems(fork, [1], 'asked for')
      redacting.catch(() => {})
      for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)
    },
  })
  await store.createThread({ threadId: thread })
  await store.appendItems(thread, [say(secret), say('hello')])
  await store.forkThread(thread, { newThreadId: fork })
  armed = true
  await store.forkThread(thread, { newThreadId: other })
  expect(await redacting).toMatchObject({ state: 'deleted' })
  for (const id of [thread, fork, other]) {
    expect(await blank(store.listItems(id))).toEqual([1])
    expect((await store.readThread(id))?.preview).toBe('hello')
  }
  await store.close()
})
