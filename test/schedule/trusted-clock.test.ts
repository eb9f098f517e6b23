// A clock that is wrong deletes nothing: ten years either way, at open and while open.

import { describe, expect, it } from 'vitest'
import { dayMs, hourMs, minuteMs, withBench, yearMs } from './schedule.fixture.js'

describe('a wall clock that is ten years ahead', () => {
  it('at open deletes nothing, says so, and is believed after 24 hours', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('ahead at open')
      let store = await bench.restart(() => bench.clock.step(10 * yearMs))
      expect(await store.status(id)).toMatchObject({ state: 'scheduled', unconfirmed: true })
      const swept = await store.sweep()
      expect(swept).toMatchObject({ receipts: [], pending: [], threadIds: [] })
      expect(swept.unconfirmed.map(({ threadId }) => threadId)).toEqual([id])
      // What another process waited does not count.
      bench.clock.advance(23 * hourMs)
      store = await bench.restart()
      expect(await store.status(id)).toMatchObject({ state: 'scheduled', unconfirmed: true })
      bench.clock.advance(23 * hourMs)
      expect((await store.sweep()).receipts).toEqual([])
      bench.clock.advance(61 * minuteMs)
      await bench.until(id, 'deleted')
      expect((await store.sweep()).unconfirmed).toEqual([])
    }))

  it('while open deletes nothing until somebody confirms it', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('ahead while open')
      bench.clock.advance(hourMs)
      bench.clock.step(10 * yearMs)
      bench.clock.advance(2 * hourMs)
      const swept = await bench.store.sweep()
      expect(swept.unconfirmed).toHaveLength(1)
      expect(await bench.stateOf(id)).toBe('scheduled')
      const confirmed = await bench.store.sweep({ confirmClock: true })
      expect(confirmed).toMatchObject({ state: 'deleted', threadIds: [id], unconfirmed: [] })
      expect(confirmed.receipt?.threadIds).toEqual([id])
    }))

  it('and is put right again leaves the date where it was, though the time of the store has moved', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('put right')
      await bench.restart(() => bench.clock.step(10 * yearMs))
      // Appends carry the time of the store ten years ahead, for good.
      await bench.thread('polluted')
      await bench.restart(() => bench.clock.step(-10 * yearMs))
      expect(await bench.store.status(id)).toMatchObject({ state: 'scheduled', unconfirmed: false })
      for (let days = 0; days < 29; days += 1) {
        bench.clock.advance(dayMs)
        expect((await bench.store.sweep()).receipts).toEqual([])
      }
      bench.clock.advance(dayMs + 2 * hourMs)
      await bench.until(id, 'deleted')
    }))

  it('does not bring a new date forward, and counts it from the later time', () =>
    withBench(async (bench) => {
      const start = bench.clock.wallMs()
      await bench.restart(() => bench.clock.step(10 * yearMs))
      const id = await bench.thread('new')
      const { deleteAfter } = await bench.store.deleteThread(id, { in: '1d' })
      expect(Date.parse(deleteAfter!)).toBe(start + 10 * yearMs + dayMs)
    }))
})

describe('a wall clock that steps back', () => {
  it('brings nothing forward, and delays no more than it is behind', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('back')
      await bench.restart(() => bench.clock.step(-10 * yearMs))
      bench.clock.advance(29 * dayMs)
      expect((await bench.store.sweep()).receipts).toEqual([])
      expect(await bench.stateOf(id)).toBe('scheduled')
      // Set right again it is far ahead of where trusted time stood, and is believed after a day.
      bench.clock.step(10 * yearMs)
      expect(await bench.store.status(id)).toMatchObject({ state: 'scheduled', unconfirmed: false })
      bench.clock.advance(dayMs + hourMs)
      await bench.until(id, 'deleted')
    }))

  it('a step of less than an hour is no jump', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('small', { in: '90m' })
      bench.clock.advance(40 * minuteMs)
      bench.clock.step(55 * minuteMs)
      const { receipt } = await bench.store.sweep()
      expect(receipt?.threadIds).toEqual([id])
    }))
})
