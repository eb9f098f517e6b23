// Time of the store is the wall clock, but never less than it ever was: across restarts, crashes and checkpoints.

import path from 'node:path'
import type { ThreadStore } from '@cenotaph/core'
import { type Clock, nodeClock } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { crashCopy, open, say, scratch } from './store.fixture.js'

const day = 24 * 60 * 60 * 1000
const noon = Date.UTC(2030, 5, 15, 12)

class SteppingClock implements Clock {
  now = noon
  wallMs(): number {
    return this.now
  }
  monotonicMs(): number {
    return nodeClock.monotonicMs()
  }
  schedule(delayMs: number, callback: () => void): () => void {
    return nodeClock.schedule(delayMs, callback)
  }
}

/** Every time that the store gave out: of lines, events and views, in the order of their making. */
async function timesOf(store: ThreadStore, threadIds: readonly string[]): Promise<number[]> {
  const times: number[] = []
  for await (const { at } of store.events()) times.push(at)
  for (const id of threadIds) {
    for await (const { timestamp } of store.listItems(id)) times.push(Date.parse(timestamp!))
  }
  return times
}

const isRising = (times: readonly number[]): boolean =>
  times.every((time, index) => index === 0 || time >= times[index - 1]!)

describe('the wall clock steps back', () => {
  for (const [title, end] of [
    ['between two opens', 'close'],
    ['between a crash and the next open', 'crash'],
    ['while the store is open', 'none'],
  ] as const) {
    it(`${title}: lines, events, ids of operations and receipts do not`, async () => {
      const clock = new SteppingClock()
      let root = path.join(scratch(), 'root')
      let store = await open(root, { clock })
      const ids: string[] = []
      const receipts: string[] = []
      for (const [step, offset] of [0, -day, 3 * day, -400 * day, -5000 * day].entries()) {
        clock.now = noon + offset
        const id = testId(step + 1)
        const doomed = testId(step + 100)
        ids.push(id)
        await store.createThread({ threadId: id, cwd: '/w' })
        await store.createThread({ threadId: doomed, cwd: '/w' })
        await store.appendItems(id, [say('one')])
        const { receipt } = await store.deleteThread(doomed)
        receipts.push(receipt!.receiptId)
        expect(Date.parse(receipt!.erasedAt!)).toBeGreaterThanOrEqual(
          Date.parse(receipt!.requestedAt),
        )
        await store.appendItems(id, [say('two')], { idempotencyKey: 'key' })
        if (end === 'crash') root = crashCopy(root)
        if (end !== 'none') {
          if (end === 'close') await store.close()
          store = await open(root, { clock })
        }
      }
      const all = await timesOf(store, [])
      expect(all.length).toBeGreaterThan(15)
      expect(isRising(all)).toBe(true)
      expect(receipts).toEqual([...receipts].sort())
      for (const [index, id] of ids.entries()) {
        const times = await timesOf(store, [id])
        const lines = times.slice(all.length)
        expect(isRising(lines)).toBe(true)
        if (index >= 2) expect(lines[0]).toBeGreaterThanOrEqual(noon + 3 * day)
      }
      // The order of creation is the order in the list, too.
      const listed = await store.listThreads({ sort: 'created', direction: 'asc' })
      expect(listed.threads.map(({ createdAt }) => createdAt)).toEqual(
        listed.threads.map(({ createdAt }) => createdAt).sort(),
      )
      const repeat = await store.appendItems(ids[0]!, [say('two')], { idempotencyKey: 'key' })
      expect(repeat.firstOrdinal).toBe(2)
    })
  }
})
