// Spawn trees of every shape go whole: deep, wide, through middles that are gone, while they grow, while they are written.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesHolding, filesUnder } from '../support-fixtures/files.fixture.js'
import { threadIdOf } from '../support-fixtures/ids.fixture.js'
import { scratch } from '../support-fixtures/scratch.fixture.js'
import { codeOf, livingIds, textItem, textsOf } from '../support-fixtures/store-state.fixture.js'

const stores = scratch({ inMemory: true })

const rolloutsUnder = async (root: string): Promise<string[]> =>
  (await filesUnder(root)).filter((name) => path.basename(name).startsWith('rollout-'))

describe('a spawn tree', () => {
  it('1,000 levels deep goes whole, parents before what they spawned', async () => {
    const store = await stores.store()
    const ids: string[] = []
    for (let level = 0; level < 1_000; level += 1) {
      const parentThreadId = ids.at(-1)
      const threadId = threadIdOf(5_000 - level)
      await store.createThread({ threadId, ...(parentThreadId ? { parentThreadId } : {}) })
      ids.push(threadId)
    }
    const bystander = await store.createThread()
    const lower = await store.deleteThread(ids[600]!)
    expect(lower.threadIds).toEqual(ids.slice(600))
    const upper = await store.deleteThread(ids[0]!)
    expect(upper.threadIds).toEqual(ids.slice(0, 600))
    expect(await livingIds(store)).toEqual([bystander])
    expect(await rolloutsUnder(store.root)).toHaveLength(1)
  })

  it('10,000 children wide goes whole, in one commit with one receipt', async () => {
    const store = await stores.store()
    const parent = await store.createThread()
    const children = new Set<string>()
    let begun = 0
    const spawner = async (): Promise<void> => {
      while (begun < 10_000) {
        begun += 1
        children.add(await store.createThread({ parentThreadId: parent }))
      }
    }
    await Promise.all(Array.from({ length: 64 }, spawner))
    const { state, threadIds, receipt } = await store.deleteThread(parent)
    expect(state).toBe('deleted')
    expect(threadIds[0]).toBe(parent)
    expect(new Set(threadIds.slice(1))).toEqual(children)
    expect(receipt?.threadIds).toEqual(threadIds)
    expect(await livingIds(store)).toEqual([])
    expect(await rolloutsUnder(store.root)).toEqual([])
    await store.reopen()
    const [one] = children
    expect(await store.status(one!)).toMatchObject({ state: 'deleted' })
    expect((await store.deleteThread(one!)).receipt).toEqual(receipt)
  })

  it('with middles that are gone: what hangs below one of them goes too', async () => {
    const store = await stores.store()
    const folder = await stores.folder()
    const [top, middle, below] = [1, 2, 3].map(threadIdOf) as [string, string, string]
    await store.createThread({ threadId: top })
    await store.createThread({ threadId: middle, parentThreadId: top })
    expect((await store.deleteThread(middle)).threadIds).toEqual([middle])
    const at = '2026-11-20T10:20:30.000Z'
    const payload = {
      id: below,
      parent_thread_id: middle,
      timestamp: at,
      cwd: '/i',
      originator: 'x',
      cli_version: '0',
    }
    const file = path.join(folder, `rollout-2026-11-20T10-20-30-${below}.jsonl`)
    await writeFile(file, `${JSON.stringify({ timestamp: at, type: 'session_meta', payload })}\n`)
    const { imported, skipped } = await store.importRollouts([file])
    const living = await livingIds(store)
    // A child of the dead either stays out, or is still of the tree of the living ancestor.
    expect([imported.length, skipped.length]).toContain(1)
    const { threadIds } = await store.deleteThread(top)
    expect(threadIds).toEqual(living)
    expect(await livingIds(store)).toEqual([])
  })

  it('with a child that another recorder writes: that one is closed first, and told', async () => {
    const store = await stores.store()
    const parent = await store.createThread()
    const recorder = store.recorder({ create: { parentThreadId: parent } })
    const child = await recorder.persist()
    const secret = `canary ${'c'.repeat(60)}`
    await recorder.add(textItem(secret))
    await recorder.flush()
    expect(await textsOf(store, child)).toEqual([secret])
    const { threadIds, state } = await store.deleteThread(parent)
    expect([state, threadIds]).toEqual(['deleted', [parent, child]])
    const late = async (): Promise<void> => {
      await recorder.add(textItem(secret))
      await recorder.flush()
    }
    expect(await codeOf(late)).toBe('THREAD_DELETED')
    expect(await filesHolding(store.root, 'canary')).toEqual([])
  })

  it('that overlaps another one that dies at the same moment: each thread dies once', async () => {
    const store = await stores.store()
    const ids = Array.from({ length: 31 }, (_, n) => threadIdOf(n + 1))
    // A binary tree: thread n spawned 2n + 1 and 2n + 2.
    for (const [n, threadId] of ids.entries()) {
      const parentThreadId = n === 0 ? undefined : ids[Math.floor((n - 1) / 2)]!
      await store.createThread({ threadId, ...(parentThreadId ? { parentThreadId } : {}) })
    }
    const roots = [[0], [1], [2, 3], [7, 1], [15], [0, 30]].map((set) => set.map((n) => ids[n]!))
    const results = await Promise.all(roots.map((set) => store.deleteThreads(set)))
    for (const { state } of results) expect(state).toBe('deleted')
    const receipts = await store.listReceipts()
    expect(receipts.flatMap((receipt) => receipt.threadIds).sort()).toEqual(ids)
    expect(await livingIds(store)).toEqual([])
    expect((await store.verify()).problems).toEqual([])
  })
})
