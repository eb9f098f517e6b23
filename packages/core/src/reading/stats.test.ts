import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'

const long = 'a line that is long enough to be worth its compression '.repeat(300)

describe('stats', () => {
  it('sums up files by form and directory, and names the largest', () =>
    withStore(async (store) => {
      expect(await store.stats()).toMatchObject({ threads: 0, bytes: 0, byCwd: [], largest: [] })
      const [a, b, c] = await Promise.all(
        ['/a', '/b', '/b'].map((cwd) => store.createThread({ cwd, name: cwd })),
      )
      await store.appendItems(a!, [message(long), message(long)])
      await store.appendItems(b!, [message(long)])
      await store.checkpoint()
      const before = await store.stats()
      expect(before).toMatchObject({ threads: 3, compressedBytes: 0, reclaimableBytes: 0 })
      expect(before.bytes).toBe(before.plainBytes)
      expect(before.databaseBytes).toBeGreaterThan(0)
      expect(before.byCwd.map(({ cwd, threads }) => [cwd, threads])).toEqual([
        ['/a', 1],
        ['/b', 2],
      ])
      expect(before.largest.map(({ threadId }) => threadId)).toEqual([a, b, c])
      const { compressed } = await store.compressThreads([a!])
      await store.archiveThreads([b!])
      await store.deleteThread(c!)
      const { largest, ...after } = await store.stats({ largest: 1 })
      const stored = compressed[0]!.after
      const archived = before.largest[1]!.bytes
      expect(after).toMatchObject({
        threads: 2,
        bytes: stored + archived,
        plainBytes: before.largest[0]!.bytes + archived,
        compressedBytes: stored,
        reclaimableBytes: archived,
      })
      expect(largest).toEqual([{ threadId: b, name: '/b', cwd: '/b', bytes: archived }])
      await expect(store.stats({ largest: -1 })).rejects.toEqual(
        expect.objectContaining({ code: 'ARGUMENT_INVALID' }),
      )
    }))
})
