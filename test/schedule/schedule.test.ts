// Scheduled deletion, from the date to the receipt and back.

import path from 'node:path'
import type { ThreadId } from '@cenotaph/rollout'
import { describe, expect, it } from 'vitest'
import { codeOf, dayMs, hourMs, message, minuteMs, withBench } from './schedule.fixture.js'

const idsOf = (threads: readonly { threadId: ThreadId }[]): ThreadId[] =>
  threads.map(({ threadId }) => threadId)

describe('a scheduled thread', () => {
  it('is as if absent for every verb, and its status says the date', () =>
    withBench(async (bench, folder) => {
      const { store, clock } = bench
      const id = await bench.thread('hidden', { name: 'secret plan' })
      const other = await bench.thread('seen')
      const result = await store.deleteThread(id, { in: '30d', reason: 'asked for' })
      const deleteAfter = new Date(clock.wallMs() + 30 * dayMs).toISOString()
      expect(result).toMatchObject({ state: 'scheduled', threadIds: [id], deleteAfter })
      expect(result.planId).toHaveLength(32)
      expect(await store.status(id)).toMatchObject({ state: 'scheduled', deleteAfter })
      expect(idsOf((await store.listThreads()).threads)).toEqual([other])
      expect(idsOf((await store.listThreads({ search: 'hidden' })).threads)).toEqual([])
      const [listed] = (await store.listThreads({ scheduled: true })).threads
      expect(listed).toMatchObject({ threadId: id, state: 'scheduled', deleteAfter })
      const items = async () => {
        for await (const _item of store.listItems(id)) throw new Error('read')
      }
      const refused = await Promise.all(
        [
          store.readThread(id),
          items(),
          store.listTurns(id),
          store.appendItems(id, [message('late')]),
          store.forkThread(id),
          store.renameThread(id, 'other'),
          store.archiveThreads([id]),
          store.resumeThread(id),
          store.exportThreads([id], { to: path.join(folder, 'out') }),
          store.createThread({ parentThreadId: id }),
          store.attachments(id).list(),
        ].map(codeOf),
      )
      expect(new Set(refused)).toEqual(new Set(['THREAD_SCHEDULED']))
      expect(await store.resolveThread('secret plan')).toBe(id)
      expect((await store.verify()).problems).toEqual([])
    }))

  it('goes on waiting beside one that gets a date after a restart, in the same millisecond', () =>
    withBench(async (bench) => {
      const waiting = [
        await bench.thread('one'),
        await bench.thread('two'),
        await bench.thread('three'),
      ]
      for (const id of waiting) {
        await bench.store.deleteThread(id, { in: '1d' })
        await bench.restart()
      }
      const { threads } = await bench.store.listThreads({ scheduled: true })
      expect(idsOf(threads).sort()).toEqual(waiting.sort())
      bench.clock.advance(2 * dayMs)
      await bench.store.sweep({ confirmClock: true })
      for (const id of waiting)
        expect(await codeOf(bench.store.readThread(id))).toBe('THREAD_DELETED')
    }))

  it('comes back whole, through a restart, with all that it spawned', () =>
    withBench(async (bench) => {
      const id = await bench.thread('root', { name: 'tree' })
      const child = await bench.thread('child', { parentThreadId: id })
      const grandchild = await bench.thread('grandchild', { parentThreadId: child })
      await bench.store.deleteThread(id, { in: '1d' })
      await bench.restart()
      expect(await codeOf(bench.store.restoreThreads([child]))).toBe('THREAD_SCHEDULED')
      const back = await bench.store.restoreThreads([id])
      expect([...back].sort()).toEqual([id, child, grandchild].sort())
      expect(await codeOf(bench.store.restoreThreads([id]))).toBe('THREAD_NOT_SCHEDULED')
      await bench.restart(() => bench.clock.advance(2 * dayMs))
      expect((await bench.store.readThread(id))?.children).toEqual([child])
      await bench.store.appendItems(grandchild, [message('more')])
      expect((await bench.store.verify()).problems).toEqual([])
    }))

  it('is deleted by a timer, by the next open, and by a sweep, with a receipt', () =>
    withBench(async (bench) => {
      const first = await bench.scheduled('by a timer', { in: '90m', reason: 'asked for' })
      const second = await bench.scheduled('by the open', { in: '1d' })
      bench.clock.advance(89 * minuteMs)
      expect(await bench.stateOf(first)).toBe('scheduled')
      bench.clock.advance(2 * minuteMs)
      await bench.until(first, 'deleted')
      const { receiptId } = await bench.store.status(first)
      const receipt = await bench.store.readReceipt(receiptId!)
      expect(receipt).toMatchObject({ threadIds: [first], reason: 'asked for' })
      expect(receipt?.requestedBy).toMatch(/, scheduled$/)
      expect(await bench.stateOf(second)).toBe('scheduled')
      await bench.restart(() => bench.clock.advance(2 * dayMs))
      expect(await bench.stateOf(second)).toBe('deleted')
      expect(await codeOf(bench.store.restoreThreads([second]))).toBe('THREAD_DELETED')
      const third = await bench.scheduled('by a sweep', { in: 1 })
      bench.clock.step(2)
      expect(await bench.store.sweep()).toMatchObject({ state: 'deleted', threadIds: [third] })
      expect((await bench.store.verify()).problems).toEqual([])
    }))

  it('is deleted at once by a delete without a date, and moved by one with another', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('moved', { in: '1d' })
      const { deleteAfter } = await bench.store.deleteThread(id, { in: '10d' })
      await bench.restart(() => bench.clock.advance(2 * dayMs))
      expect(await bench.store.status(id)).toMatchObject({ state: 'scheduled', deleteAfter })
      expect((await bench.store.deleteThread(id)).state).toBe('deleted')
      await bench.restart()
      expect((await bench.store.listThreads({ scheduled: true })).threads).toEqual([])
      expect((await bench.store.verify()).problems).toEqual([])
    }))

  it('never outlives the date of what spawned it', () =>
    withBench(async (bench) => {
      const parent = await bench.thread('parent')
      const child = await bench.thread('child', { parentThreadId: parent })
      await bench.store.deleteThread(parent, { in: '2d' })
      expect(await codeOf(bench.store.deleteThread(child, { in: '9d' }))).toBe('THREAD_SCHEDULED')
      expect((await bench.store.deleteThread(child, { in: '1d' })).state).toBe('scheduled')
      await bench.restart(() => bench.clock.advance(dayMs + hourMs))
      expect([await bench.stateOf(child), await bench.stateOf(parent)]).toEqual([
        'deleted',
        'scheduled',
      ])
      await bench.restart(() => bench.clock.advance(dayMs))
      expect(await bench.stateOf(parent)).toBe('deleted')
    }))

  it('that is put on hold keeps its whole set, and says why, until the hold ends', () =>
    withBench(async (bench) => {
      const parent = await bench.thread('parent')
      const child = await bench.thread('child', { parentThreadId: parent })
      await bench.store.deleteThread(parent, { in: '1d' })
      await bench.store.holdThread(child, 'case 7')
      await bench.restart(() => bench.clock.advance(2 * dayMs))
      expect(await bench.store.status(parent)).toMatchObject({
        state: 'scheduled',
        keptBy: 'THREAD_HELD',
      })
      const swept = await bench.store.sweep()
      expect(swept).toMatchObject({ state: 'scheduled', threadIds: [] })
      expect(swept.pending).toMatchObject([{ step: 'schedule.due', reason: 'THREAD_HELD' }])
      await bench.store.unholdThread(child)
      bench.clock.advance(1)
      await bench.until(parent, 'deleted')
      expect(await bench.stateOf(child)).toBe('deleted')
    }))

  it('refuses what a delete refuses, and a date that is none', () =>
    withBench(async (bench) => {
      const { store, clock } = bench
      const base = await bench.thread('base')
      const held = await bench.thread('held')
      await store.forkThread(base)
      await store.holdThread(held, 'kept')
      const past = new Date(clock.wallMs()).toISOString()
      const codes = await Promise.all(
        [
          store.deleteThread(base, { in: '1d' }),
          store.deleteThread(held, { in: '1d' }),
          store.deleteThread(base, { in: '1d', expectPlan: 'x' }),
          store.deleteThread(base, { in: 0 }),
          store.deleteThread(base, { in: -1 }),
          store.deleteThread(base, { in: 'soon' }),
          store.deleteThread(base, { in: Number.MAX_SAFE_INTEGER }),
          store.deleteThread(base, { at: past }),
          store.deleteThread(base, { at: '2999-01-01T00:00' }),
          store.deleteThread(base, { at: new Date(Number.NaN) }),
          store.deleteThread(base, { at: 17 as unknown as string }),
          store.deleteThread(base, { in: '1d', at: '2999-01-01' }),
          store.restoreThreads([base]),
          store.restoreThreads([]),
          store.sweep({ confirmClock: 'yes' as unknown as boolean }),
        ].map(codeOf),
      )
      expect(codes).toEqual([
        'THREAD_HAS_FORKS',
        'THREAD_HELD',
        'PLAN_CHANGED',
        ...Array.from({ length: 9 }, () => 'ARGUMENT_INVALID'),
        'THREAD_NOT_SCHEDULED',
        'ARGUMENT_INVALID',
        'ARGUMENT_INVALID',
      ])
      const plan = await store.deleteThread(base, { in: '1d', forks: 'cascade', dryRun: true })
      expect(plan.state).toBe('planned')
      expect(Date.parse(plan.deleteAfter!)).toBe(clock.wallMs() + dayMs)
      expect((await store.listThreads({ scheduled: true })).threads).toEqual([])
    }))

  it('whose fork was restored leaves that fork whole', () =>
    withBench(async (bench) => {
      const base = await bench.thread('inherited')
      const { threadId: fork } = await bench.store.forkThread(base)
      await bench.store.deleteThread(base, { in: '1d', forks: 'cascade' })
      expect(await bench.stateOf(fork)).toBe('scheduled')
      await bench.store.restoreThreads([fork])
      await bench.restart(() => bench.clock.advance(2 * dayMs))
      expect(await bench.stateOf(base)).toBe('deleted')
      const types: string[] = []
      for await (const { type } of bench.store.listItems(fork)) types.push(type)
      expect(types).toContain('response_item')
      expect((await bench.store.verify()).problems).toEqual([])
    }))

  it('ends its live writer, and has none when it is back', () =>
    withBench(async (bench) => {
      const id = await bench.thread('live')
      const { recorder } = await bench.store.resumeThread(id)
      await bench.store.deleteThread(id, { at: new Date(bench.clock.wallMs() + dayMs) })
      const late = async () => {
        await recorder.add(message('late'))
        await recorder.flush()
      }
      expect(await codeOf(late())).toBe('THREAD_SCHEDULED')
      await bench.store.restoreThreads([id])
      const resumed = await bench.store.resumeThread(id)
      await resumed.recorder.shutdown()
    }))

  it('races with its own restore: one of the two happens, whole', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('race', { in: '1d' })
      await bench.store.holdThread(id, 'so that the open leaves it')
      await bench.restart(() => bench.clock.advance(2 * dayMs))
      await bench.store.unholdThread(id)
      const [restored, swept] = await Promise.allSettled([
        bench.store.restoreThreads([id]),
        bench.store.sweep(),
      ])
      const isBack = restored.status === 'fulfilled'
      expect(await bench.stateOf(id)).toBe(isBack ? 'active' : 'deleted')
      expect(swept.status).toBe('fulfilled')
      expect((await bench.store.verify()).problems).toEqual([])
    }))

  it('survives a repair with its date, while the journal is readable', () =>
    withBench(async (bench) => {
      const id = await bench.scheduled('repaired')
      const { deleteAfter } = await bench.store.status(id)
      await bench.store.close()
      const { repairStore } = await import('@cenotaph/core')
      const fs = await import('node:fs/promises')
      await fs.rm(path.join(bench.root, '.cenotaph', 'level', 'CURRENT'))
      const report = await repairStore(bench.root, { clock: bench.clock, ballastBytes: 4096 })
      expect(report.rebuilt).toEqual([id])
      await bench.open()
      const status = await bench.store.status(id)
      const lost = report.lost.some(({ detail }) => detail.includes('scheduled deletion'))
      expect(lost ? status.state : status.deleteAfter).toBe(lost ? 'active' : deleteAfter)
    }))
})
