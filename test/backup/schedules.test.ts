// Scheduled deletions and participants over a backup: a date stays a date, a host's name stays in the registry.

import path from 'node:path'
import { restoreBackup, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { errorOf, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const [one, two, three] = [1, 2, 3].map(threadIdOf) as [string, string, string]
const DAY_MS = 24 * 60 * 60 * 1000

async function create(store: ThreadStore, threadId: string, text: string): Promise<void> {
  await store.createThread({ threadId })
  await store.appendItems(threadId, [textItem(text)])
}

const tombstonesOf = (store: ThreadStore): string =>
  path.join(store.root, '.cenotaph', 'tombstones')
const freshRoot = async (): Promise<string> => path.join(await stores.folder(), 'restored')

/** Real monotonic time, and a wall clock that is ahead. */
const aheadBy = (ms: number) => ({
  wallMs: () => Date.now() + ms,
  monotonicMs: () => performance.now(),
  schedule: () => () => {},
})

async function backedUp(): Promise<{
  store: ThreadStore
  dir: string
  deleteAfter: string | null
}> {
  const store = await stores.store()
  await create(store, one, 'first')
  await create(store, two, 'second')
  await create(store, three, 'third')
  const { deleteAfter } = await store.deleteThreads([one, two], { in: '30d' })
  const dir = path.join(await stores.folder(), 'copy')
  expect((await store.backup(dir)).threads).toBe(3)
  return { store, dir, deleteAfter }
}

describe('a scheduled deletion', () => {
  it('comes back with its date, can be taken back there, and knows nobody who died since', async () => {
    const { store, dir, deleteAfter } = await backedUp()
    await store.deleteThread(two)
    const root = await freshRoot()
    await restoreBackup(dir, root, { tombstones: tombstonesOf(store) }, quietOptions)
    const restored = await stores.open(root)
    expect(await restored.status(one)).toMatchObject({ state: 'scheduled', deleteAfter })
    expect((await restored.status(two)).state).toBe('deleted')
    expect((await errorOf(() => restored.readThread(one))).code).toBe('THREAD_SCHEDULED')
    expect((await restored.verify()).problems).toEqual([])
    await restored.restoreThreads([one])
    expect(await textsOf(restored, one)).toEqual(['first'])
  })

  it('that became due while nobody looked waits to be confirmed', async () => {
    const { dir } = await backedUp()
    const root = await freshRoot()
    const options = { ...quietOptions, clock: aheadBy(60 * DAY_MS) }
    await restoreBackup(dir, root, { tombstones: 'none' }, options)
    const restored = await stores.open(root, options)
    expect((await restored.status(one)).state).toBe('scheduled')
    await restored.sweep({ confirmClock: true })
    expect((await restored.status(one)).state).toBe('deleted')
    expect((await restored.status(three)).state).toBe('active')
  })

  it('of a thread in the store is left as it is', async () => {
    const { store, dir } = await backedUp()
    await store.close()
    const report = await restoreBackup(dir, store.root, {}, quietOptions)
    expect(report.skipped).toEqual([
      { threadId: one, reason: 'scheduled' },
      { threadId: two, reason: 'scheduled' },
      { threadId: three, reason: 'present' },
    ])
    const again = await stores.open(store.root)
    expect((await again.status(one)).state).toBe('scheduled')
  })
})

describe('a participant', () => {
  it('stays in the registry, and is asked for those who died after the backup', async () => {
    const store = await stores.store()
    await create(store, one, 'first')
    await create(store, two, 'second')
    const asked: string[] = []
    const participant = {
      name: 'a host',
      erase: async (ids: readonly string[]) => {
        asked.push(...ids)
      },
      verify: async () => [],
    }
    await store.registerParticipant(participant)
    const dir = path.join(await stores.folder(), 'copy')
    await store.backup(dir)
    await store.deleteThread(one)
    expect(asked).toEqual([one])
    const root = await freshRoot()
    await restoreBackup(dir, root, { tombstones: tombstonesOf(store) }, quietOptions)
    const restored = await stores.open(root)
    expect((await restored.participants()).map(({ name }) => name)).toEqual(['a host'])
    expect((await restored.status(one)).state).toBe('erasing')
    expect((await errorOf(() => restored.readThread(one))).code).toBe('THREAD_DELETED')
    await restored.registerParticipant(participant)
    await restored.retry(one)
    expect(asked).toEqual([one, one])
    expect((await restored.status(one)).state).toBe('deleted')
    expect((await restored.verify()).problems).toEqual([])
  })
})
