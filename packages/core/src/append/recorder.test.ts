import fs from 'node:fs/promises'
import { type Disk, type DiskFile, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { message, textsOf, withStore } from '../store.fixture.js'

const filesUnder = async (root: string): Promise<string[]> => {
  const entries = await fs.readdir(`${root}/sessions`, { recursive: true })
  return entries.filter((name) => name.endsWith('.jsonl'))
}

/** The disk, on which `write` writes to rollouts. */
function writingRollouts(
  write: (file: DiskFile, offset: number, bytes: Uint8Array) => Promise<void>,
): Disk {
  return {
    ...nodeDisk,
    async openWrite(name) {
      const file = await nodeDisk.openWrite(name)
      if (!file || !name.endsWith('.jsonl')) return file
      return {
        path: file.path,
        read: file.read.bind(file),
        size: file.size.bind(file),
        close: file.close.bind(file),
        truncate: file.truncate.bind(file),
        sync: file.sync.bind(file),
        write: (offset, bytes) => write(file, offset, bytes),
      }
    },
  }
}

describe('recorder', () => {
  it('creates nothing before the first persist, and nothing for an empty shutdown', () =>
    withStore(async (store, root) => {
      const recorder = store.recorder({ create: { cwd: '/w' } })
      await recorder.add(message('kept in memory'))
      expect(await filesUnder(root)).toEqual([])
      const empty = store.recorder({ create: { cwd: '/w' } })
      await empty.flush()
      await empty.shutdown()
      expect(await filesUnder(root)).toEqual([])
      const id = await recorder.persist()
      expect(await filesUnder(root)).toHaveLength(1)
      expect(await textsOf(store, id)).toEqual(['kept in memory'])
    }))

  it('is the only live writer until its shutdown', () =>
    withStore(async (store) => {
      const recorder = store.recorder({ create: { cwd: '/w' } })
      const id = await recorder.persist()
      await expect(store.appendItems(id, [message('other')])).rejects.toMatchObject({
        code: 'THREAD_HAS_WRITER',
      })
      const second = store.recorder({ threadId: id })
      await expect(second.persist()).rejects.toMatchObject({ code: 'THREAD_HAS_WRITER' })
      await recorder.add(message('last'))
      await recorder.shutdown()
      await store.appendItems(id, [message('other')])
      expect(await textsOf(store, id)).toEqual(['last', 'other'])
      await expect(recorder.add(message('late'))).rejects.toMatchObject({ code: 'RECORDER_CLOSED' })
    }))

  it('ends with its thread', () =>
    withStore(async (store) => {
      const recorder = store.recorder({ create: { cwd: '/w' } })
      const id = await recorder.persist()
      await store.deleteThread(id)
      await expect(recorder.add(message('late'))).rejects.toMatchObject({ code: 'THREAD_DELETED' })
    }))

  it('keeps its items over a failed write, and writes each of them once, in order', async () => {
    for (const failingWrite of [1, 2, 3, 4]) {
      let left = Number.POSITIVE_INFINITY
      const disk = writingRollouts(async (file, offset, bytes) => {
        left -= 1
        if (left !== 0) return file.write(offset, bytes)
        await file.write(offset, bytes.subarray(0, 5))
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      })
      await withStore(
        async (store) => {
          const recorder = store.recorder({ create: { cwd: '/w' } })
          const id = await recorder.persist()
          left = failingWrite
          const expected: string[] = []
          for (let n = 0; n < 6; n += 1) {
            expected.push(`item ${n}`)
            await recorder.add(message(`item ${n}`)).catch(() => {})
            await recorder.flush().catch(async (error: { code: string }) => {
              expect(error.code).toBe('STORE_FAILED')
              await store.reopen()
            })
          }
          await recorder.flush()
          expect(await textsOf(store, id)).toEqual(expected)
          expect((await store.verify()).problems).toEqual([])
        },
        { disk },
      )
    }
  })
})

describe('a barrier of a recorder', () => {
  it('writes what was added before it, and leaves what is added meanwhile to the next', async () => {
    let meanwhile = async () => {}
    const disk = writingRollouts(async (file, offset, bytes) => {
      await meanwhile()
      await file.write(offset, bytes)
    })
    await withStore(
      async (store) => {
        const recorder = store.recorder({ create: { cwd: '/w' } })
        const id = await recorder.persist()
        let added = 0
        meanwhile = async () => {
          added += 1
          await recorder.add(message(`later ${added}`))
        }
        await recorder.add(message('first'))
        await recorder.flush()
        expect(await textsOf(store, id)).toEqual(['first'])
        await recorder.flush()
        expect(await textsOf(store, id)).toEqual(['first', 'later 1'])
        expect(added).toBe(2)
      },
      { disk },
    )
  })
})

describe('a recorder among others', () => {
  it('begins behind appends that were let in before it', () =>
    withStore(async (store) => {
      for (let round = 0; round < 20; round += 1) {
        const id = await store.createThread({ cwd: '/w' })
        const early = store.appendItems(id, [message('early')])
        const { recorder } = await store.resumeThread(id)
        await recorder.add(message('recorded'))
        await recorder.flush()
        await early
        await recorder.shutdown()
        expect(await textsOf(store, id)).toEqual(['early', 'recorded'])
      }
    }))

  it('keeps its thread over a reopen, and its items', () =>
    withStore(async (store) => {
      const id = await store.createThread({ cwd: '/w' })
      const { recorder } = await store.resumeThread(id)
      await recorder.add(message('before'))
      await store.reopen()
      await expect(store.appendItems(id, [message('other')])).rejects.toMatchObject({
        code: 'THREAD_HAS_WRITER',
      })
      await recorder.shutdown()
      await store.appendItems(id, [message('after')])
      expect(await textsOf(store, id)).toEqual(['before', 'after'])
    }))
})

describe('buffered items', () => {
  it('that are lost with a store that failed are told of by the next flush, once', async () => {
    let failing = false
    const disk = {
      ...nodeDisk,
      async syncFolder(name: string) {
        if (failing) throw Object.assign(new Error('EIO'), { code: 'EIO' })
        return nodeDisk.syncFolder(name)
      },
    }
    await withStore(
      async (store) => {
        const id = await store.createThread({ cwd: '/w' })
        const other = await store.createThread({ cwd: '/w' })
        await store.appendItems(id, [message('lost')], { durability: 'buffered' })
        failing = true
        await store.archiveThreads([other]).catch(() => {})
        failing = false
        expect(store.failure?.code).toBe('STORE_FAILED')
        await store.reopen()
        const told = { code: 'BUFFERED_LOST', detail: { threadIds: [id] } }
        await expect(store.flush()).rejects.toMatchObject(told)
        await store.flush()
        expect(await textsOf(store, id)).toEqual([])
        await store.appendItems(id, [message('again')], { durability: 'buffered' })
        await store.flush(id)
        expect(await textsOf(store, id)).toEqual(['again'])
      },
      { disk, bufferedMs: 60_000 },
    )
  })
})
