// After a repair nothing is deleted behind anybody's back: what was on hold still is, and retention is off.

import { readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { repairStore, type ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { levelFolder, open, refusal, say, scratch, withLevel } from '../traps/store.fixture.js'

const held = testId(1)
const pinned = testId(2)
const free = testId(3)

async function filled(): Promise<string> {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  for (const id of [held, pinned, free]) {
    await store.createThread({ threadId: id, cwd: '/w', name: `name of ${id}` })
    await store.appendItems(id, [say('one')])
  }
  await store.holdThread(held, 'case 4711')
  await store.holdThread(free, 'for a while')
  await store.pinThread(pinned)
  await store.unholdThread(free)
  await store.retention.set({ deleteAfter: '90d', exclude: { cwd: ['/first'] } })
  await store.retention.set({ deleteAfter: '30d', exclude: { cwd: ['/second'] } })
  await store.close()
  return root
}

const breakLevel = (root: string): void =>
  writeFileSync(path.join(levelFolder(root), 'CURRENT'), 'nonsense\n')

const lostOf = (lost: readonly { what: string; threadId: string | null }[]): string[] =>
  lost.map(({ what, threadId }) => `${what} ${threadId}`).sort()

async function expectKept(store: ThreadStore, reason: string): Promise<void> {
  expect(await store.listHolds()).toMatchObject([{ threadId: held, holdReason: reason }])
  await refusal(store.deleteThread(held), 'THREAD_HELD')
  expect(await store.retention.policy()).toBeNull()
  expect((await store.retention.plan()).due).toEqual([])
  expect((await store.verify()).problems.map(({ code }) => code)).toEqual(['LEVEL_SET_ASIDE'])
}

describe('after a repair', () => {
  it('holds and pins are as they were, and retention is off and told with its policy', async () => {
    const root = await filled()
    breakLevel(root)
    const { lost } = await repairStore(root, { ballastBytes: 4096 })
    expect(lostOf(lost)).toEqual(['event-log null', 'retention null'])
    const told = lost.find(({ what }) => what === 'retention')?.detail
    expect(told).toContain('"/second"')
    expect(told).not.toContain('"/first"')
    const store = await open(root)
    await expectKept(store, 'case 4711')
    expect(await store.readThread(pinned)).toMatchObject({ pinned: true, held: false })
    expect(await store.readThread(free)).toMatchObject({ pinned: false, held: false })
  })

  it('a thread whose row cannot be read is on hold all the same, and the reason is told as lost', async () => {
    const root = await filled()
    await withLevel(root, async (level) => {
      await level.put(`t/${held}/row`, Buffer.from('not what was written'), { sync: true })
    })
    breakLevel(root)
    const { lost } = await repairStore(root, { ballastBytes: 4096 })
    expect(lostOf(lost)).toEqual(
      ['event-log null', 'retention null', `hold-reason ${held}`, `name ${held}`].sort(),
    )
    const store = await open(root)
    const [only] = await store.listHolds()
    await expectKept(store, only!.holdReason!)
    expect(only!.holdReason).toContain('repair')
  })

  it('no policy is made up where there was none', async () => {
    const root = await filled()
    const before = await open(root)
    await before.retention.set(null)
    await before.close()
    breakLevel(root)
    const { lost } = await repairStore(root, { ballastBytes: 4096 })
    expect(lostOf(lost)).toEqual(['event-log null'])
    expect(readdirSync(levelFolder(root)).length).toBeGreaterThan(0)
  })
})

describe('verify', () => {
  it('finds a hold that the list does not have, one that only the list has, and a policy that is none', async () => {
    const root = await filled()
    await withLevel(root, async (level) => {
      const entry = await level.get(`x/h/${held}`)
      const policies: string[] = []
      for await (const key of level.keys({ gte: 'k/retention/', lt: 'k/retention0' }))
        policies.push(key)
      expect(policies).toHaveLength(1)
      await level.batch(
        [
          { type: 'del', key: `x/h/${held}` },
          { type: 'put', key: policies[0]!, value: Buffer.from('{"policy":{}}') },
        ],
        { sync: true },
      )
      expect(entry).toBeDefined()
    })
    const store = await open(root)
    const { problems } = await store.verify()
    expect(problems.map(({ code, threadId }) => `${code} ${threadId}`).sort()).toEqual(
      [`HOLD_DIFFERS ${held}`, 'LEVEL_DAMAGED null'].sort(),
    )
    // What cannot be read is not taken for permission.
    await refusal(store.retention.run(), 'LEVEL_DAMAGED')
    await refusal(store.deleteThread(held), 'THREAD_HELD')
    // A new policy takes the place of one that cannot be read.
    await store.retention.set({ archiveAfter: '1d' })
    expect((await store.retention.plan()).due).toEqual([])
    expect((await store.deleteThread(free)).state).toBe('deleted')
  })
})
