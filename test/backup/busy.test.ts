// A backup of a store in which everything happens at once, over and over with other seeds: what comes back is whole, is
// the beginning of what was written, and has not a byte of who was dead when it was sealed.

import path from 'node:path'
import { restoreBackup, type ThreadStore, verifyBackup } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../support/canary.js'
import { scanRoot } from '../support/scan-root.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { filesHolding } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { quietOptions, scratch } from '../support-fixtures/scratch.fixture.js'
import { livingIds, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const stores = scratch()
const SEEDS = [1, 2, 3, 4]
const THREADS = 12

const tokenOf = (n: number): string => `cnry${String(n).padStart(12, '0')}`

/** A thread of its own for each number, with its token in every text. */
async function create(store: ThreadStore, n: number): Promise<void> {
  await store.createThread({ threadId: threadIdOf(n), name: `${tokenOf(n)} in a name` })
  await store.appendItems(threadIdOf(n), [textItem(`${tokenOf(n)} at first`)])
}

describe('a backup of a busy store', () => {
  it.each(SEEDS)('seed %i', async (seed) => {
    const random = seededRandom(seed)
    const any = (max: number): number => 1 + Math.floor(random() * max)
    const store = await stores.store()
    for (let n = 1; n <= THREADS; n += 1) await create(store, n)
    let last = THREADS
    let done = false
    const acts: ((id: string) => Promise<unknown>)[] = [
      (id) => store.appendItems(id, [textItem(`more ${any(1_000)}`)]),
      (id) => store.appendItems(id, [textItem('x'.repeat(300_000))]),
      (id) => store.archiveThreads([id]),
      (id) => store.unarchiveThreads([id]),
      (id) => store.renameThread(id, `${any(1_000)}`),
      (id) => store.forkThread(id),
      (id) => store.deleteThread(id, { forks: 'detach' }),
      () => {
        last += 1
        return create(store, last)
      },
    ]
    const work = async (): Promise<void> => {
      while (!done) {
        const act = acts[Math.floor(random() * acts.length)]!
        // Much of this is refused: archived twice, dead already. That is part of it.
        await act(threadIdOf(any(last))).catch((error: { code?: string }) => {
          if (typeof error.code !== 'string' || error.code === 'STORE_FAILED') throw error
        })
      }
    }
    const dir = path.join(await stores.folder(), 'copy')
    const working = [work(), work(), work()]
    const made = await store.backup(dir)
    done = true
    await Promise.all(working)
    expect(made.problems).toEqual([])
    expect((await verifyBackup(dir, { publicKey: store.publicKey })).problems).toEqual([])

    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const restored = await stores.open(root)
    expect((await restored.verify()).problems).toEqual([])
    const inBackup = new Set(await livingIds(restored))
    expect(inBackup.size).toBe(made.threads)
    for (const id of inBackup) {
      const kept = await textsOf(restored, id)
      if ((await store.status(id)).state === 'deleted') continue
      expect((await textsOf(store, id)).slice(0, kept.length)).toEqual(kept)
    }
    // A detached fork holds lines of its base, and they are its own: only tokens that nobody living has are looked for.
    const alive = new Set<string>()
    for (const id of inBackup) {
      const view = (await restored.readThread(id))!
      const texts = [...(await textsOf(restored, id)), view.name ?? '', view.preview ?? '']
      for (const token of texts.join(' ').match(/cnry\d{12}/g) ?? []) alive.add(token)
    }
    const former = new Set(Array.from({ length: THREADS }, (_, n) => tokenOf(n + 1)))
    for (const place of [dir, root]) {
      const { found } = await scanRoot(place)
      for (const token of found.keys()) {
        // A name that a living thread no longer has stays in its events.
        if (former.has(token) && inBackup.has(threadIdOf(Number(token.slice(4))))) continue
        expect(alive, `${token} in ${[...found.get(token)!].join(', ')}`).toContain(token)
      }
    }
  })
})

describe('a delete that cannot be finished', () => {
  it('is dead in the backup, and is finished where that is restored', async () => {
    const { disk, fail, heal } = failWhile(
      (call, name) => call === 'unlink' && name.includes('/store/') && name.includes('.jsonl'),
    )
    heal()
    const store = await stores.open(path.join(await stores.folder(), 'store'), { disk })
    await create(store, 1)
    await create(store, 2)
    fail()
    expect((await store.deleteThread(threadIdOf(1))).state).toBe('erasing')
    const dir = path.join(await stores.folder(), 'copy')
    expect(await store.backup(dir)).toMatchObject({ threads: 1, problems: [] })
    expect(await filesHolding(dir, tokenOf(1))).toEqual([])
    const root = path.join(await stores.folder(), 'restored')
    await restoreBackup(dir, root, { tombstones: 'none' }, quietOptions)
    const restored = await stores.open(root)
    expect((await restored.deleteThread(threadIdOf(1))).state).toBe('deleted')
    expect((await restored.verify()).problems).toEqual([])
    heal()
  })

  it('and keeps its fork waiting for its lines, is told with the fork', async () => {
    const { disk, fail, heal } = failWhile(
      (call, name) => call === 'rename' && name.includes('.jsonl'),
    )
    heal()
    const store = await stores.open(path.join(await stores.folder(), 'store'), { disk })
    await create(store, 1)
    await store.forkThread(threadIdOf(1), { newThreadId: threadIdOf(2) })
    fail()
    const { state } = await store.deleteThread(threadIdOf(1), { forks: 'detach' })
    expect(state).toBe('erasing')
    const dir = path.join(await stores.folder(), 'copy')
    const { problems } = await store.backup(dir)
    expect(problems).toEqual([
      expect.objectContaining({ code: 'LINEAGE_BASE_MISSING', threadId: threadIdOf(2) }),
    ])
    heal()
    await store.reopen()
    const again = path.join(await stores.folder(), 'again')
    expect((await store.backup(again)).problems).toEqual([])
  })
})

it('a rollout that cannot be read fails the backup, leaves nothing, and hurts the store in no way', async () => {
  const { disk, fail, heal } = failWhile((call, name) => call === 'read' && name.includes('.jsonl'))
  heal()
  const store = await stores.open(path.join(await stores.folder(), 'store'), { disk })
  await create(store, 1)
  const dir = path.join(await stores.folder(), 'copy')
  fail()
  await expect(store.backup(dir)).rejects.toMatchObject({ code: 'DISK_ERROR' })
  heal()
  expect(await store.listBackups()).toEqual([])
  expect(store.failure).toBeUndefined()
  expect((await store.backup(dir)).threads).toBe(1)
})
