// A fork that gets the lines of its dying base is read all the while: the file and the row that describes it change one
// after the other, and nobody may see the one with the other. A disk that holds the rename still is the moment between.

import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { nodeDisk } from '@cenotaph/storage'
import { expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { open, refusal, say, scratch } from './store.fixture.js'

const [base, fork, forkOfFork] = [1, 2, 3].map(testId) as [string, string, string]

async function textsOf(store: ThreadStore, id: string): Promise<string[]> {
  const texts: string[] = []
  for await (const { type, payload } of store.listItems(id))
    if (type !== 'session_meta') texts.push(JSON.stringify(payload))
  return texts
}

async function family(store: ThreadStore): Promise<void> {
  await store.createThread({ threadId: base })
  await store.appendItems(base, [say('one'), say('two')])
  await store.forkThread(base, { newThreadId: fork })
  await store.appendItems(fork, [say('three')])
  await store.forkThread(fork, { newThreadId: forkOfFork })
  await store.appendItems(forkOfFork, [say('four')])
}

it.each([fork, forkOfFork])('reads of %s are whole at every moment', async (id) => {
  const reads: Promise<string[]>[] = []
  let reading: ThreadStore | undefined
  const look = (): void => {
    if (reading) reads.push(textsOf(reading, id))
  }
  const disk = {
    ...nodeDisk,
    async rename(from: string, to: string) {
      look()
      await nodeDisk.rename(from, to)
      look()
    },
    async syncFolder(folder: string) {
      look()
      await nodeDisk.syncFolder(folder)
      look()
    },
  }
  const store = await open(path.join(scratch(), 'root'), { disk })
  await family(store)
  const before = await textsOf(store, id)
  reading = store
  await store.deleteThread(base, { forks: 'detach' })
  reading = undefined
  expect(reads.length).toBeGreaterThan(4)
  for (const texts of await Promise.all(reads)) expect(texts).toEqual(before)
})

it('a replacement that fails half-way is refused until it is done, and not called damage', async () => {
  // Behind the rename, a compressed form of the old bytes is unlinked.
  const { disk, fail, heal, count } = failWhile(
    (call, name) => call === 'unlink' && name.endsWith(`${fork}.jsonl.zst`),
    'EPERM',
  )
  heal()
  const store = await open(path.join(scratch(), 'root'), { disk, retryMs: 3_600_000 })
  await family(store)
  const before = await textsOf(store, fork)
  fail()
  expect((await store.deleteThread(base, { forks: 'detach' })).state).toBe('erasing')
  expect(count()).toBeGreaterThan(0)
  for (const id of [fork, forkOfFork]) await refusal(textsOf(store, id), 'THREAD_UNAVAILABLE')
  heal()
  expect((await store.retry(base)).state).toBe('deleted')
  expect(await textsOf(store, fork)).toEqual(before)
  expect((await store.verify()).problems).toEqual([])
})
