import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { breathe, urgently } from './breathe.js'

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Something urgent that is done when the test says so. */
function awaited() {
  let end = (): void => {}
  const answer = new Promise<void>((resolve) => {
    end = resolve
  })
  return { done: urgently(answer), end }
}

/** A long loop; how many of its pieces have run. */
function loop() {
  let pieces = 0
  let over = false
  const run = async (): Promise<void> => {
    while (!over) {
      pieces += 1
      await breathe()
    }
  }
  const ran = run()
  return {
    pieces: () => pieces,
    async stop() {
      over = true
      await ran
    },
  }
}

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await nextTurn()
}

// However long a machine takes for a turn, the limit is reached when a test says so.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

describe('a loop that breathes', () => {
  it('runs no piece while something urgent is under way, and goes on when that is done', async () => {
    const long = loop()
    await turns(5)
    const before = long.pieces()
    expect(before).toBeGreaterThan(1)
    const urgent = awaited()
    await turns(20)
    expect(long.pieces()).toBeLessThanOrEqual(before + 1)
    urgent.end()
    await urgent.done
    await turns(5)
    expect(long.pieces()).toBeGreaterThan(before + 1)
    await long.stop()
  })

  it('lets who waited for something urgent go first', async () => {
    const order: string[] = []
    const urgent = awaited()
    const told = urgent.done.then(() => order.push('told'))
    const breathed = breathe().then(() => order.push('breathed'))
    await turns(3)
    urgent.end()
    await Promise.all([told, breathed])
    expect(order).toEqual(['told', 'breathed'])
  })

  it('gets its turn although there is always something urgent under way', async () => {
    const long = loop()
    let urgent = awaited()
    await turns(3)
    const before = long.pieces()
    for (let round = 0; round < 10; round += 1) {
      const next = awaited()
      urgent.end()
      await urgent.done
      await turns(3)
      urgent = next
    }
    expect(long.pieces()).toBeGreaterThanOrEqual(before + 9)
    urgent.end()
    await urgent.done
    await long.stop()
  })

  it('goes on beside something urgent that never ends, and waits again once something else has ended', async () => {
    const hanging = awaited()
    const first = breathe()
    await turns(3)
    vi.runAllTimers()
    await first
    // Not each piece waits as long: what hangs may hang for ever.
    for (let piece = 0; piece < 1_000; piece += 1) await breathe()
    const next = awaited()
    next.end()
    await next.done
    let isOver = false
    const breathed = breathe().then(() => {
      isOver = true
    })
    await turns(5)
    expect(isOver).toBe(false)
    hanging.end()
    await Promise.all([hanging.done, breathed])
  })

  it('goes on after something urgent that failed', async () => {
    const failed = urgently(Promise.reject(new Error('no disk')))
    const breathed = breathe()
    await expect(failed).rejects.toThrow('no disk')
    await breathed
  })
})
