import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LockTable } from './lock-table.js'

describe('lock table', () => {
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
          const run = async ({ exclusive, shared }: { exclusive: string[]; shared: string[] }) => {
            const release = await locks.acquire({ exclusive, shared })
            change(exclusive, shared, 1)
            await s.schedule(Promise.resolve())
            change(exclusive, shared, -1)
            release()
            done += 1
          }
          const all = Promise.all(requests.map(run))
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
