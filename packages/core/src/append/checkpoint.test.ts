import { nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, testOptions, textsOf, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore } from '../store.js'

describe('checkpoints', () => {
  it('write the rows of many threads, each with its event, and lose no later append', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const ids: string[] = []
      for (let n = 0; n < 230; n += 1) ids.push(await store.createThread({ cwd: '/w' }))
      await Promise.all(ids.map((id) => store.appendItems(id, [message('before')])))
      const late = ids.slice(0, 20)
      await Promise.all([
        store.checkpoint(),
        ...late.map((id) => store.appendItems(id, [message('meanwhile')])),
      ])
      await store.close()
      store = await openThreadStore(root, testOptions)
      for (const [n, id] of ids.entries()) {
        expect(await textsOf(store, id)).toEqual(n < 20 ? ['before', 'meanwhile'] : ['before'])
      }
      const recorded = new Map<string, number>()
      for await (const { type, threadId, payload } of store.events()) {
        if (type !== 'items.appended' || !threadId) continue
        recorded.set(threadId, (recorded.get(threadId) ?? 0) + Number(payload?.items))
      }
      expect(ids.map((id) => recorded.get(id))).toEqual(ids.map((_, n) => (n < 20 ? 2 : 1)))
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }))

  it('keep an idempotency key that is used while the batch is under way', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const id = await store.createThread({ cwd: '/w' })
      const results = new Map<string, unknown>()
      const append = async (key: string) =>
        results.set(key, await store.appendItems(id, [message(key)], { idempotencyKey: key }))
      for (let round = 0; round < 10; round += 1) {
        await append(`first ${round}`)
        const appends = [1, 2, 3, 4].map((n) => append(`meanwhile ${round} ${n}`))
        await Promise.all([store.checkpoint(), ...appends])
        await store.checkpoint()
      }
      await store.close()
      store = await openThreadStore(root, testOptions)
      const before = await textsOf(store, id)
      for (const [key, result] of results) {
        const again = await store.appendItems(id, [message(key)], { idempotencyKey: key })
        expect(again).toEqual(result)
      }
      expect(await textsOf(store, id)).toEqual(before)
      await store.close()
    }))

  it('leave at most three syncs of files and folders for a quiet thread', async () => {
    let syncs = 0
    const counted = {
      ...nodeDisk,
      syncFolder: (name: string) => {
        syncs += 1
        return nodeDisk.syncFolder(name)
      },
    }
    await withStore(
      async (store) => {
        const id = await store.createThread({ cwd: '/w' })
        await store.checkpoint()
        syncs = 0
        await store.appendItems(id, [message('one line')])
        expect(syncs).toBe(0)
        await store.checkpoint()
        expect(syncs).toBeLessThanOrEqual(3)
      },
      { disk: counted },
    )
  })
})
