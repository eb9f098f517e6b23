// The background: what it takes when, at which rate, and that it ends with the store.

import { describe, expect, it } from 'vitest'
import { SteeredClock } from '../retention/steered-clock.fixture.js'
import { message, withStore } from '../store.fixture.js'
import type { ThreadStore } from '../store.js'
import type { CompressProgress } from './compress-threads.js'
import { Pace } from './pace.js'
import type { CompressionOptions } from './policy.js'

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs

const text = 'a text that is repeated until it fills some blocks of the disk '.repeat(200)

async function filled(store: ThreadStore): Promise<string> {
  const id = await store.createThread()
  await store.appendItems(id, [message(text)])
  return id
}

/** Minute by minute: timers fire, and what they begin goes on. */
async function turns(clock: SteeredClock, max: number, isOver = () => false): Promise<void> {
  for (let turn = 0; turn < max && !isOver(); turn += 1) {
    clock.pass(minuteMs)
    clock.fire()
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

async function withCompressor(
  compression: Omit<CompressionOptions, 'onProgress'>,
  run: (store: ThreadStore, clock: SteeredClock, progress: CompressProgress[]) => Promise<void>,
): Promise<void> {
  const clock = new SteeredClock()
  const progress: CompressProgress[] = []
  await withStore((store) => run(store, clock, progress), {
    clock,
    compression: { ...compression, onProgress: (one) => progress.push(one) },
  })
}

describe('the compressor', () => {
  it('takes archived threads sooner than others, hour by hour, and leaves what is in use', () =>
    withCompressor({ coldAfter: '30d', archivedAfter: '2d' }, async (store, clock, progress) => {
      const [used, archived, live] = [await filled(store), await filled(store), await filled(store)]
      await store.archiveThreads([archived])
      const { recorder } = await store.resumeThread(live)
      await turns(clock, 50)
      // Nothing is old enough.
      expect(progress).toEqual([])
      clock.pass(2 * dayMs)
      await turns(clock, 4_000, () => progress.length === 1)
      expect(progress.map(({ last }) => last)).toEqual([
        expect.objectContaining({ threadId: archived, after: expect.any(Number) }),
      ])
      expect((await store.readThread(used))?.compressed).toBe(false)
      clock.pass(30 * dayMs)
      await turns(clock, 4_000, () => progress.length === 3)
      const lasts = new Map(progress.map(({ last }) => [last.threadId as string, last]))
      expect(lasts.get(used)).toMatchObject({ after: expect.any(Number) })
      expect(lasts.get(live)).toEqual({ threadId: live, reason: 'live' })
      expect(lasts.size).toBe(3)
      await recorder.shutdown()
    }))

  it('refuses a policy that says nothing sensible', async () => {
    const refused = expect.objectContaining({ code: 'ARGUMENT_INVALID' })
    for (const compression of [
      {} as never,
      { coldAfter: 0 },
      { coldAfter: '-1d' },
      { coldAfter: '1d', archivedAfter: 'soon' },
      { coldAfter: '1d', bytesPerSecondMax: 0 },
    ]) {
      await expect(withStore(async () => {}, { compression })).rejects.toEqual(refused)
    }
  })
})

describe('the pace', () => {
  it('lets as much through as its rate allows, and gives no credit for pauses', async () => {
    const clock = new SteeredClock()
    const pace = new Pace(clock, 1_000, new AbortController().signal)
    const passed: number[] = []
    const wait = async (bytes: number) => {
      await pace.wait(bytes)
      passed.push(bytes)
    }
    clock.pass(60_000)
    const all = [wait(1_000), wait(2_000), wait(3_000)]
    const tick = async (ms: number) => {
      clock.pass(ms)
      clock.fire()
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
    }
    await tick(0)
    expect(passed).toEqual([1_000])
    await tick(999)
    expect(passed).toEqual([1_000])
    await tick(1)
    expect(passed).toEqual([1_000, 2_000])
    await tick(2_000)
    expect(passed).toEqual([1_000, 2_000, 3_000])
    await Promise.all(all)
  })

  it('ends with the store', async () => {
    const controller = new AbortController()
    const pace = new Pace(new SteeredClock(), 1, controller.signal)
    await pace.wait(1_000)
    const waiting = pace.wait(1)
    controller.abort()
    await waiting
    await pace.wait(1)
  })
})
