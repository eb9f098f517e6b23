import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LockTable } from './lock-table.js'

describe('lock table', () => {
  it('turns a shared lock into an exclusive one with nobody in between, ahead of those who wait', async () => {
    const locks = new LockTable()
    const order: string[] = []
    const mine = locks.tryUpgradableNow('a')!
    const other = await locks.acquire({ shared: ['a'] })
    expect(locks.tryUpgradableNow('a')).toBeUndefined()
    expect(mine.isAwaited()).toBe(false)
    const taking = (['exclusive', 'shared'] as const).map(async (mode) => {
      const release = await locks.acquire({ [mode]: ['a'] })
      order.push(mode)
      release()
    })
    expect(mine.isAwaited()).toBe(true)
    const upgraded = mine.upgrade().then(() => order.push('upgraded'))
    expect(locks.trySharedNow('a')).toBeUndefined()
    await Promise.resolve()
    expect(order).toEqual([])
    other()
    await upgraded
    await Promise.resolve()
    expect(order).toEqual(['upgraded'])
    mine.release([])
    await Promise.resolve()
    expect(order).toEqual(['upgraded'])
    mine.release()
    mine.release()
    await Promise.all(taking)
    expect(order).toEqual(['upgraded', 'exclusive', 'shared'])
    expect(locks.isHeld('a')).toBe(false)
    expect(locks.tryUpgradableNow('a')).toBeDefined()
  })

  it('never lets an exclusive holder share an id, and lets everybody in at last', async () => {
    const request = fc.record({
      exclusive: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
      shared: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(request, { maxLength: 12 }),
        async (s, requests) => {
          const locks = new LockTable()
          const held = new Map<string, { shared: number; exclusive: number }>()
          const change = (exclusive: readonly string[], shared: readonly string[], by: 1 | -1) => {
            for (const id of new Set([...exclusive, ...shared])) {
              const now = held.get(id) ?? { shared: 0, exclusive: 0 }
              if (exclusive.includes(id)) now.exclusive += by
              else now.shared += by
              held.set(id, now)
              expect(now.exclusive).toBeLessThanOrEqual(1)
              if (now.exclusive > 0) expect(now.shared).toBe(0)
            }
          }
          let done = 0
          const compress = async () => {
            const lock = locks.tryUpgradableNow('a')
            if (!lock) return
            change([], ['a'], 1)
            await s.schedule(Promise.resolve())
            await lock.upgrade()
            change([], ['a'], -1)
            change(['a'], [], 1)
            await s.schedule(Promise.resolve())
            change(['a'], [], -1)
            lock.release()
          }
          const run = async ({ exclusive, shared }: { exclusive: string[]; shared: string[] }) => {
            const release = await locks.acquire({ exclusive, shared })
            change(exclusive, shared, 1)
            await s.schedule(Promise.resolve())
            change(exclusive, shared, -1)
            release()
            done += 1
          }
          const all = Promise.all(requests.flatMap((one) => [run(one), compress()]))
          await s.waitFor(all)
          expect(done).toBe(requests.length)
          for (const id of ['a', 'b', 'c']) expect(locks.isHeld(id)).toBe(false)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('does not let a shared holder pass somebody who waits for an exclusive lock', async () => {
    const locks = new LockTable()
    const first = await locks.acquire({ shared: ['a'] })
    const order: string[] = []
    const writer = locks.acquire({ exclusive: ['a'] }).then((release) => {
      order.push('writer')
      release()
    })
    expect(locks.trySharedNow('a')).toBeUndefined()
    const late = locks.acquire({ shared: ['a'] }).then((release) => {
      order.push('late')
      release()
    })
    first()
    await Promise.all([writer, late])
    expect(order).toEqual(['writer', 'late'])
  })

  it('releases once, however often it is told to', async () => {
    const locks = new LockTable()
    const one = locks.trySharedNow('a')!
    const other = locks.trySharedNow('a')!
    one()
    one()
    expect(locks.isHeld('a')).toBe(true)
    other()
    expect(locks.isHeld('a')).toBe(false)
  })
})
