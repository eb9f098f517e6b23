// An open iterator pins what it can reach: text that is erased under it stays in LevelDB's files. No reader of the
// engine holds one for longer than a page, so lists, cursors, events and watches that are half read hinder nothing.

import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { canaryOf, filesHolding, open, refusal, say, scratch } from './store.fixture.js'

const doomed = Array.from({ length: 6 }, (_, n) => testId(100 + n))
const kept = Array.from({ length: 6 }, (_, n) => testId(200 + n))

async function filled(): Promise<{ root: string; store: ThreadStore }> {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  for (const id of [...doomed, ...kept]) {
    const word = doomed.includes(id) ? 'doomed' : 'kept'
    await store.createThread({ threadId: id, cwd: `/${word}`, name: `${canaryOf(word)} ${id}` })
    await store.appendItems(id, [say(`${canaryOf(`${word}text`)} ${id}`)])
  }
  await store.checkpoint()
  return { root, store }
}

describe('readers are half-way when threads are deleted', () => {
  it('half-read lists, events, items and a live watch pin nothing', async () => {
    const { root, store } = await filled()
    const page = await store.listThreads({ limit: 3 })
    const events = store.events({})
    await events.next()
    const stop = new AbortController()
    const watch = store.watch({ signal: stop.signal })
    await watch.next()
    const items = store.listItems(doomed[0]!)
    await items.next()

    const result = await store.deleteThreads(doomed)
    expect(result.state).toBe('deleted')
    expect(result.receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
    expect(filesHolding(root, canaryOf('doomed'))).toEqual([])
    expect(filesHolding(root, canaryOf('doomedtext'))).toEqual([])

    // All of them go on: the cursor is a key, the events know what died, the open rollout ends or is read to its end.
    const next = await store.listThreads({ limit: 100, cursor: page.nextCursor! })
    expect(next.threads.every(({ threadId }) => kept.includes(threadId))).toBe(true)
    let erased = 0
    for await (const event of events) {
      if (event.threadId !== null && doomed.includes(event.threadId)) {
        expect(event.payload).toBeNull()
        erased += 1
      }
    }
    expect(erased).toBeGreaterThan(5)
    await watch.next()
    stop.abort()
    await watch.return(undefined)
    await refusal(items.next(), 'THREAD_DELETED')
    await refusal(store.readThread(doomed[0]!), 'THREAD_DELETED')
  })

  it('readers that never pause while six deletes run leave nothing behind', async () => {
    const { root, store } = await filled()
    let going = true
    let pages = 0
    const reader = async (): Promise<void> => {
      while (going) {
        await store.listThreads({ sort: 'updated' })
        for await (const _ of store.events({})) pages += 1
        await store.readThread(kept[0]!)
      }
    }
    const writer = async (): Promise<void> => {
      for (let n = 0; going; n += 1) await store.appendItems(kept[n % 6]!, [say(`${n}`)])
    }
    const others = [reader(), reader(), writer()]
    for (const id of doomed) {
      const result = await store.deleteThread(id)
      expect(result.state).toBe('deleted')
      expect(filesHolding(root, id).filter((file) => /\.(log|ldb)$/.test(file))).not.toContain(
        'never',
      )
      expect(filesHolding(root, `${canaryOf('doomedtext')} ${id}`)).toEqual([])
      expect(filesHolding(root, `${canaryOf('doomed')} ${id}`)).toEqual([])
    }
    going = false
    await Promise.all(others)
    expect(pages).toBeGreaterThan(100)
    expect((await store.verify()).problems).toEqual([])
  })
})
