// Compressing threads: what is read afterwards, what is on disk, who is left alone, and what may go wrong.

import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs/promises'
import path from 'node:path'
import { type Disk, nodeDisk, StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { faultyDisk } from '../root/faulty-disk.fixture.js'
import { message, testOptions, textsOf, withRoot, withStore } from '../store.fixture.js'
import { openThreadStore, type ThreadStore } from '../store.js'

const code = (name: string) => expect.objectContaining({ code: name })

/** Paths under the root that may hold text of rollouts, in order, relative to it. */
async function rolloutFiles(root: string): Promise<string[]> {
  const all = await fs.readdir(root, { recursive: true, withFileTypes: true })
  return all
    .filter((entry) => entry.isFile() && entry.name.includes('.jsonl'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .sort()
}

const hasZstd = spawnSync('zstd', ['--version'], { stdio: 'ignore' }).status === 0
if (!hasZstd) console.log('skipped: the command zstd is not on this machine')

const words = Array.from({ length: 400 }, (_, index) => `word${(index * 7919) % 1000}`).join(' ')

async function filled(store: ThreadStore, lines = 40): Promise<string> {
  const id = await store.createThread({ name: 'cold', cwd: '/work' })
  await store.appendItems(
    id,
    Array.from({ length: lines }, (_, index) => message(`line ${index} ${words}`)),
  )
  return id
}

/** The real disk, with something done before every effect of one file name. */
function watched(before: (call: string, file: string) => Promise<void> | void): Disk {
  const disk: Disk = {
    ...nodeDisk,
    async create(file) {
      const made = await nodeDisk.create(file)
      return (
        made && {
          path: made.path,
          read: (offset, length) => made.read(offset, length),
          size: () => made.size(),
          truncate: (length) => made.truncate(length),
          sync: () => made.sync(),
          close: () => made.close(),
          async write(offset, bytes) {
            await before('write', file)
            await made.write(offset, bytes)
          },
        }
      )
    },
  }
  return disk
}

describe('compressThreads', () => {
  it('makes one zst file of the rollout, which every reader takes', () =>
    withStore(async (store, root) => {
      const id = await filled(store)
      await store.checkpoint()
      const [plain] = await rolloutFiles(root)
      const bytes = await fs.readFile(path.join(root, plain!))
      const before = await textsOf(store, id)
      const { compressed, skipped } = await store.compressThreads([id])
      expect(skipped).toEqual([])
      const [file] = await rolloutFiles(root)
      expect(file).toBe(`${plain}.zst`)
      const stored = await fs.readFile(path.join(root, file!))
      expect(compressed).toEqual([{ threadId: id, before: bytes.length, after: stored.length }])
      expect(stored.length).toBeLessThan(bytes.length / 4)
      expect(await textsOf(store, id)).toEqual(before)
      expect(await store.readThread(id)).toMatchObject({ compressed: true, bytes: bytes.length })
      expect((await store.verify()).problems).toEqual([])
      expect(await store.compressThreads([id])).toEqual({
        compressed: [],
        skipped: [{ threadId: id, reason: 'compressed' }],
      })
    }))

  it.runIf(hasZstd)('writes what `zstd -d` gives back byte for byte', () =>
    withStore(async (store, root) => {
      const id = await filled(store, 900)
      await store.checkpoint()
      const [plain] = await rolloutFiles(root)
      const bytes = await fs.readFile(path.join(root, plain!))
      expect(bytes.length).toBeGreaterThan(2 * 1024 * 1024)
      await store.compressThreads([id])
      const decoded = execFileSync('zstd', ['-dcq', path.join(root, `${plain}.zst`)], {
        maxBuffer: 2 * bytes.length,
      })
      expect(Buffer.compare(decoded, bytes)).toBe(0)
    }),
  )

  it('keeps forks, archives, appends, reopens and exports as they were', () =>
    withRoot(async (root) => {
      let store = await openThreadStore(root, testOptions)
      const id = await filled(store)
      const fork = await store.forkThread(id, { throughOrdinal: 20 })
      const inherited = await textsOf(store, fork.threadId)
      await store.compressThreads([id])
      expect(await textsOf(store, fork.threadId)).toEqual(inherited)
      await store.archiveThreads([id])
      await store.unarchiveThreads([id])
      await store.close()
      store = await openThreadStore(root, testOptions)
      const later = await store.forkThread(id)
      await store.appendItems(id, [message('after')])
      expect((await store.readThread(id))?.compressed).toBe(false)
      expect((await textsOf(store, id)).at(-1)).toBe('after')
      expect(await textsOf(store, fork.threadId)).toEqual(inherited)
      expect((await textsOf(store, later.threadId)).length).toBe(40)
      const { compressed } = await store.compressThreads([id, later.threadId])
      expect(compressed.map(({ threadId }) => threadId)).toContain(id)
      const folder = path.join(path.dirname(root), 'out')
      await store.exportThreads([id], { to: folder })
      expect((await rolloutFiles(folder)).length).toBe(1)
      expect((await store.verify()).problems).toEqual([])
      await store.close()
    }))

  it('leaves threads alone that are in use, or that nothing would be saved of, and says so', () =>
    withStore(async (store) => {
      const [live, empty, tiny] = [await filled(store), await filled(store), await filled(store, 0)]
      const { recorder } = await store.resumeThread(live)
      const memory = await store.createThread({ ephemeral: true })
      await store.compressThreads([empty])
      const { compressed, skipped } = await store.compressThreads([live, empty, memory, tiny])
      expect(compressed.map(({ threadId }) => threadId)).toEqual([tiny])
      expect(skipped).toEqual([
        { threadId: live, reason: 'live' },
        { threadId: empty, reason: 'compressed' },
        { threadId: memory, reason: 'ephemeral' },
      ])
      await recorder.shutdown()
      expect((await store.compressThreads([live])).compressed).toHaveLength(1)
    }))

  it('takes what a selection describes, oldest first, tells how far it is, and passes the dead over', () =>
    withStore(async (store) => {
      const ids = [await filled(store), await filled(store), await filled(store)]
      await store.archiveThreads([ids[1]!])
      await store.deleteThread(ids[2]!)
      const told: unknown[] = []
      const { compressed } = await store.compressThreads(
        { archived: true },
        { onProgress: ({ done, total, last }) => told.push([done, total, last.threadId]) },
      )
      expect(compressed.map(({ threadId }) => threadId)).toEqual([ids[1]])
      expect(told).toEqual([[1, 1, ids[1]]])
      expect((await store.compressThreads({ olderThan: '1d' })).compressed).toEqual([])
      expect((await store.compressThreads({ all: true })).compressed).toHaveLength(1)
      expect(await store.compressThreads({ all: true })).toEqual({ compressed: [], skipped: [] })
      await expect(store.compressThreads([ids[0]!, ids[2]!])).rejects.toEqual(
        code('THREAD_DELETED'),
      )
      await expect(store.compressThreads([])).rejects.toEqual(code('ARGUMENT_INVALID'))
      await expect(store.compressThreads({} as never)).rejects.toEqual(code('ARGUMENT_INVALID'))
    }))

  it('does not take the place of a rollout that was appended to meanwhile', async () => {
    let store: ThreadStore | undefined
    let id = ''
    let appended: Promise<unknown> | undefined
    const disk = watched((_call, file) => {
      if (!file.includes('.zst.') || appended) return
      appended = store!.appendItems(id, [message('meanwhile')])
      return appended.then(() => {})
    })
    await withStore(
      async (opened, root) => {
        store = opened
        id = await filled(store)
        expect(await store.compressThreads([id])).toEqual({
          compressed: [],
          skipped: [{ threadId: id, reason: 'ROLLOUT_CHANGED' }],
        })
        expect(await appended).toMatchObject({ written: 1 })
        expect(await rolloutFiles(root)).toHaveLength(1)
        expect((await textsOf(store, id)).at(-1)).toBe('meanwhile')
        expect((await store.compressThreads([id])).compressed).toHaveLength(1)
      },
      { disk },
    )
  })

  it('gives way to a delete, which finds nothing of it', async () => {
    let store: ThreadStore | undefined
    let id = ''
    let deleted: Promise<unknown> | undefined
    const disk = watched((_call, file) => {
      if (file.includes('.zst.')) deleted ??= store!.deleteThread(id)
    })
    await withStore(
      async (opened, root) => {
        store = opened
        id = await filled(store, 1200)
        const result = await store.compressThreads([id])
        expect(result.skipped).toEqual([{ threadId: id, reason: 'busy' }])
        expect(await deleted).toMatchObject({ state: 'deleted' })
        expect(await rolloutFiles(root)).toEqual([])
        expect(await fs.readdir(path.join(root, '.cenotaph/staging'))).toEqual([])
      },
      { disk },
    )
  })

  it('leaves no form behind that the delete of its thread does not take along', async () => {
    let refusing = false
    const disk = faultyDisk((call, file) => {
      if (!file.includes('.zst.')) return undefined
      refusing ||= call === 'write'
      return refusing && ['write', 'unlink'].includes(call)
        ? new StoreError('DISK_ERROR', 'refused', { detail: { errno: 'EIO' } })
        : undefined
    })
    await withStore(
      async (store, root) => {
        const id = await filled(store)
        expect((await store.compressThreads([id])).skipped).toEqual([
          { threadId: id, reason: 'DISK_ERROR' },
        ])
        refusing = false
        const staging = path.join(root, '.cenotaph/staging')
        const [left] = await fs.readdir(staging)
        expect((await fs.stat(path.join(staging, left!))).size).toBeGreaterThan(0)
        const { state, receipt } = await store.deleteThread(id)
        expect(state).toBe('deleted')
        expect(receipt?.files.map(({ kind }) => kind).sort()).toEqual(['rollout', 'temporary'])
        expect(await fs.readdir(staging)).toEqual([])
      },
      { disk },
    )
  })

  it('keeps the plain form where the compressed one does not decode to it', async () => {
    const disk: Disk = {
      ...nodeDisk,
      async create(file) {
        const made = await nodeDisk.create(file)
        if (!made || !file.includes('.zst.')) return made
        return {
          path: made.path,
          read: (offset, length) => made.read(offset, length),
          size: () => made.size(),
          truncate: (length) => made.truncate(length),
          sync: () => made.sync(),
          close: () => made.close(),
          async write(offset, bytes) {
            const damaged = Buffer.from(bytes)
            damaged[damaged.length >> 1]! ^= 4
            await made.write(offset, damaged)
          },
        }
      },
    }
    await withStore(
      async (store, root) => {
        const id = await filled(store)
        const before = await textsOf(store, id)
        const { compressed, skipped } = await store.compressThreads([id])
        expect(compressed).toEqual([])
        expect(skipped).toEqual([{ threadId: id, reason: 'ROLLOUT_ZSTD_DAMAGED' }])
        expect(await rolloutFiles(root)).toEqual([expect.stringMatching(/\.jsonl$/)])
        expect(await textsOf(store, id)).toEqual(before)
        await store.appendItems(id, [message('goes on')])
      },
      { disk },
    )
  })

  it('leaves a thread plain whose form does not fit on the disk, and the store goes on', async () => {
    const disk = faultyDisk((call, file) =>
      call === 'write' && file.includes('.zst.')
        ? new StoreError('DISK_FULL', 'full', { detail: { errno: 'ENOSPC' } })
        : undefined,
    )
    await withStore(
      async (store, root) => {
        const id = await filled(store)
        expect((await store.compressThreads([id])).skipped).toEqual([
          { threadId: id, reason: 'DISK_FULL' },
        ])
        expect(store.failure).toBeUndefined()
        await store.appendItems(id, [message('goes on')])
        expect(await fs.readdir(path.join(root, '.cenotaph/staging'))).toEqual([])
      },
      { disk },
    )
  })

  it('takes no bytes along that another program wrote behind the committed ones', () =>
    withStore(async (store, root) => {
      const id = await filled(store)
      await store.checkpoint()
      const [file] = await rolloutFiles(root)
      await fs.appendFile(path.join(root, file!), '{"type":"foreign"}\n')
      expect((await store.compressThreads([id])).skipped).toEqual([
        { threadId: id, reason: 'ROLLOUT_CHANGED' },
      ])
      expect(await rolloutFiles(root)).toEqual([file])
      expect(await fs.readFile(path.join(root, file!), 'utf8')).toContain('foreign')
    }))
})
