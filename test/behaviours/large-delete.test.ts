// A delete of many threads, by what it does and not by how long that takes: few batches and none of them long, little of
// the text read, no folder listed again and again.

import type { ThreadStore } from '@cenotaph/core'
import { type Disk, nodeDisk } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { withFiles } from '../support/replaced-files.js'
import { countedLevels } from '../support-fixtures/counted-levels.fixture.js'
import { failWhile } from '../support-fixtures/faulty-disk.fixture.js'
import { filesHolding } from '../support-fixtures/files.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { livingIds, textItem } from '../support-fixtures/store-state.fixture.js'

const stores = scratch({ inMemory: true })

/** A batch also has a row of the journal's own. */
const OPERATIONS_MAX = 1_001
const TEXT_BYTES = 24 * 1024

/** The real disk, with a count of folders listed and of rollout bytes read. */
function watchedDisk() {
  const seen = { lists: [] as string[], rolloutBytes: 0 }
  const counted = withFiles(nodeDisk, (file, call) =>
    call === 'openRead' && file.path.includes('rollout-')
      ? {
          async read(offset, length) {
            const bytes = await file.read(offset, length)
            seen.rolloutBytes += bytes.length
            return bytes
          },
        }
      : undefined,
  )
  const disk: Disk = {
    ...counted,
    list(folder) {
      seen.lists.push(folder)
      return nodeDisk.list(folder)
    },
    listPieces(folder) {
      seen.lists.push(folder)
      return nodeDisk.listPieces!(folder)
    },
  }
  return { disk, seen }
}

async function fill(store: ThreadStore, count: number): Promise<string[]> {
  const ids: string[] = []
  let made = 0
  const maker = async (): Promise<void> => {
    while (made < count) {
      made += 1
      const number = made
      const id = await store.createThread({ cwd: `/work/${number % 7}`, name: `thread ${number}` })
      await store.appendItems(id, [textItem(`${number} ${'word '.repeat(TEXT_BYTES / 5)}`)])
      ids.push(id)
    }
  }
  await Promise.all(Array.from({ length: 16 }, maker))
  return ids
}

describe('a delete of many threads', () => {
  it('writes many threads in a batch, no batch that is long, and reads little of their text', async () => {
    const { disk, seen } = watchedDisk()
    const { levels, batches } = countedLevels()
    const store = await stores.store({ disk, levels })
    const count = 1_200
    const ids = await fill(store, count)
    await store.checkpoint()
    batches.length = 0
    seen.rolloutBytes = 0
    const { state, receipt } = await store.deleteThreads(ids)
    expect(state).toBe('deleted')
    expect(receipt).toMatchObject({ verification: { mode: 'probes', residue: 0 } })
    expect(Math.max(...batches)).toBeLessThanOrEqual(OPERATIONS_MAX)
    // Twelve keys a thread or so, 1,000 in a batch, and a few batches for what the set as a whole needs.
    expect(batches.length).toBeLessThan(count / 20)
    expect(seen.rolloutBytes).toBeLessThan((count * TEXT_BYTES) / 10)
    expect(await livingIds(store)).toEqual([])
    expect((await store.verify()).problems).toEqual([])
  })

  it('keeps what it needs for a thread in memory, and not its text', async () => {
    const { disk, seen } = watchedDisk()
    const store = await stores.store({ disk })
    const short = await store.createThread()
    const long = await store.createThread()
    await store.appendItems(short, [textItem('word '.repeat(2_000))])
    for (let n = 0; n < 8; n += 1)
      await store.appendItems(long, [textItem('other '.repeat(200_000))])
    const readBy = async (id: string): Promise<number> => {
      seen.rolloutBytes = 0
      expect((await store.deleteThread(id)).state).toBe('deleted')
      return seen.rolloutBytes
    }
    const few = await readBy(short)
    expect(few).toBeGreaterThan(0)
    expect(await readBy(long)).toBeLessThanOrEqual(few * 2)
  })

  it('of which one name cannot be unlinked is dead as a whole, erasing, and finished by a retry', async () => {
    let stubborn = ''
    const broken = failWhile(
      (call, file) => call === 'unlink' && stubborn !== '' && file.includes(stubborn),
      'EPERM',
    )
    const store = await stores.store({ disk: broken.disk })
    const ids = await fill(store, 60)
    stubborn = ids[31]!
    const erasing = await store.deleteThreads(ids)
    expect(erasing).toMatchObject({ state: 'erasing', receipt: null })
    expect(erasing.pending[0]).toMatchObject({ step: 'delete.unlink' })
    expect(await livingIds(store)).toEqual([])
    expect(await filesHolding(store.root, 'word word')).not.toEqual([])
    broken.heal()
    const done = await store.retry(ids[0]!)
    expect(done).toMatchObject({ state: 'deleted', receipt: { verification: { mode: 'probes' } } })
    expect(await filesHolding(store.root, 'word word')).toEqual([])
    expect((await store.verify()).problems).toEqual([])
  })

  it('of one thread walks the folders of rollouts once, and looks again only where it had files', async () => {
    const { disk, seen } = watchedDisk()
    const days = 40
    let nowMs = Date.UTC(2026, 0, 1, 12)
    const store = await stores.store({
      disk,
      clock: { wallMs: () => nowMs, monotonicMs: () => nowMs, schedule: () => () => {} },
    })
    const ids: string[] = []
    for (let day = 0; day < days; day += 1) {
      ids.push(await store.createThread())
      nowMs += 24 * 60 * 60 * 1000
    }
    seen.lists.length = 0
    expect((await store.deleteThread(ids[7]!)).state).toBe('deleted')
    const dayFolders = seen.lists.filter((name) => /sessions\/\d{4}\/\d\d\/\d\d$/.test(name))
    expect(new Set(dayFolders).size).toBe(days)
    expect(dayFolders).toHaveLength(days + 1)
  })
})
