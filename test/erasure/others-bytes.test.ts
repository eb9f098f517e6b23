// A delete beside threads that hold the same words, wherever those stand at that moment: what is others' is no residue,
// and what is left of the deleted is residue, whoever else has the same words.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { ThreadStore, ThreadStoreOptions } from '@cenotaph/core'
import { fileLevels, type Level, seal } from '@cenotaph/journal'
import { nodeDisk } from '@cenotaph/storage'
import { ClassicLevel } from 'classic-level'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { open, say, scratch } from '../traps/store.fixture.js'

const doomed = testId(1)
const kept = testId(2)
const words =
  'the words that both of these threads have said, in the same order and at the same length'

/** Two threads with the same words. */
async function twins(
  options: ThreadStoreOptions = {},
): Promise<{ root: string; store: ThreadStore }> {
  const root = path.join(scratch(), 'root')
  const store = await open(root, options)
  for (const threadId of [doomed, kept]) {
    await store.createThread({ threadId, cwd: '/of/both' })
    await store.appendItems(threadId, [say(words)])
  }
  return { root, store }
}

async function expectErased(store: ThreadStore): Promise<void> {
  const { state, pending, receipt } = await store.deleteThread(doomed)
  expect({ state, pending }).toEqual({ state: 'deleted', pending: [] })
  expect(receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
  expect(receipt!.verification!.shared).toBeGreaterThan(0)
}

/** Runs at every search for residue, before its files are read. */
function beforeEachSearch(run: () => Promise<void>): ThreadStoreOptions & { count: () => number } {
  let isVerifying = false
  let count = 0
  return {
    count: () => count,
    crashPoint: (point) => {
      if (point.startsWith('delete.verify')) isVerifying = point.endsWith(':before')
    },
    disk: {
      ...nodeDisk,
      async list(folder) {
        if (isVerifying && folder.endsWith('.cenotaph')) {
          count += 1
          await run()
        }
        return nodeDisk.list(folder)
      },
    },
  }
}

/** Holds an operation up at a named instant. */
function heldAt(point: string) {
  let reached = (): void => {}
  let goOn = (): void => {}
  const isThere = new Promise<void>((resolve) => {
    reached = resolve
  })
  const gate = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const crashPoint = async (name: string): Promise<void> => {
    if (name !== point) return
    reached()
    await gate
  }
  return { crashPoint, isThere, goOn }
}

describe('the same words of a thread that lives', () => {
  it('in append groups that were trimmed at every search, and are not erased yet', async () => {
    const options = beforeEachSearch(async () => {
      // What settles the appends trims their group; it is erased when a mebibyte has been trimmed, or by a delete.
      await store.appendItems(kept, [say(words)])
      await store.archiveThreads([kept])
      await store.unarchiveThreads([kept])
    })
    const { store } = await twins(options)
    await expectErased(store)
    expect(options.count()).toBeGreaterThan(0)
  })

  it('in a name that was written over at every search', async () => {
    const options = beforeEachSearch(async () => {
      await store.renameThread(kept, words)
      await store.renameThread(kept, 'short')
    })
    const { store } = await twins(options)
    await store.renameThread(doomed, words)
    await expectErased(store)
    expect(options.count()).toBeGreaterThan(0)
  })

  for (const point of ['fork.intend:before', 'fork.publish:before'])
    it(`in a fork by copy that is staged, at ${point}`, async () => {
      const { crashPoint, isThere, goOn } = heldAt(point)
      const { store } = await twins({ crashPoint })
      const forking = store.forkThread(kept, { copy: true })
      await isThere
      await expectErased(store)
      goOn()
      expect((await forking).kind).toBe('copy')
    })

  it('in a piece of it that is in quarantine', async () => {
    const { root, store } = await twins()
    const folder = path.join(root, '.cenotaph', 'quarantine')
    mkdirSync(folder, { recursive: true })
    writeFileSync(path.join(folder, 'abc-1.bytes'), JSON.stringify(say(words)))
    const report = { owners: [kept], why: 'uncommitted-tail', at: 1 }
    writeFileSync(path.join(folder, 'abc-1.json'), JSON.stringify(report))
    await expectErased(store)
    expect(await nodeDisk.stat(path.join(folder, 'abc-1.bytes'))).toBeDefined()
  })

  it('in the reason of another delete, which its receipt keeps', async () => {
    const { store } = await twins()
    const third = await store.createThread()
    const reason = 'asked for by the people who had begun it'
    expect((await store.deleteThread(third, { reason })).state).toBe('deleted')
    await store.renameThread(doomed, reason)
    await expectErased(store)
  })
})

describe('the id of a thread, which tombstones and keys keep', () => {
  it('is no residue where it is the name of the thread', async () => {
    const store = await open(path.join(scratch(), 'root'))
    // Nothing but its id: one of few digits would give no probe.
    const id = await store.createThread({ threadId: '019cebac-7590-7123-8456-0a1b2c3d4e5f' })
    await store.renameThread(id, id)
    const { state, receipt } = await store.deleteThread(id)
    expect([state, receipt?.verification?.residue]).toEqual(['deleted', 0])
  })
})

describe('what is left of a deleted thread', () => {
  it('is residue although a thread that lives has the same words', async () => {
    let level: Level | undefined
    const levels = {
      ...fileLevels,
      open: async (...given: Parameters<typeof fileLevels.open>) => {
        level = await fileLevels.open(...given)
        return level
      },
    }
    const key = `t/${doomed}/left`
    let isPlanted = true
    const crashPoint = async (point: string): Promise<void> => {
      if (point !== 'delete.verify:before' || !isPlanted) return
      // A value of the dead that nothing can reach any more, and that no compaction takes away.
      await level!.put(key, seal(key, Buffer.from(JSON.stringify(say(words)))))
      await level!.del(key)
      lazy.mockResolvedValue(undefined as never)
    }
    const { store } = await twins({ levels, crashPoint })
    // Both have the words in a value of LevelDB that is read by nobody else.
    await store.attachments(kept).put('note', 'words', JSON.stringify(say(words)))
    const lazy = vi.spyOn(ClassicLevel.prototype, 'compactRange')
    onTestFinished(() => lazy.mockRestore())
    const first = await store.deleteThread(doomed)
    expect(first).toMatchObject({ state: 'erasing', receipt: null })
    expect(first.pending[0]).toMatchObject({ step: 'delete.verify' })
    isPlanted = false
    lazy.mockRestore()
    expect((await store.retry(doomed)).state).toBe('deleted')
  })
})
