import type { ThreadId } from '@cenotaph/rollout'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeadSet, type DeadThreads } from './dead-set.js'
import { threadId } from './tombstone.fixture.js'

const set = (operationId: string, ...threads: [id: number, parentId?: number][]): DeadThreads => ({
  operationId,
  ids: threads.map(([id]) => threadId(id)),
  parentIds: threads.map(([, parent]) => (parent === undefined ? null : threadId(parent))),
})

describe('DeadSet', () => {
  it('knows the dead, what they died of and who spawned them', () => {
    const dead = new DeadSet([set('a', [1], [2, 1]), set('b', [3, 2])])
    expect(dead.size).toBe(3)
    expect([1, 2, 3, 4].map((n) => dead.has(threadId(n)))).toEqual([true, true, true, false])
    expect([1, 2, 3, 4].map((n) => dead.receiptOf(threadId(n)))).toEqual(['a', 'a', 'b', undefined])
    expect(dead.parentOf(threadId(3))).toBe(threadId(2))
    expect(dead.parentOf(threadId(1))).toBeUndefined()
    expect(dead.parentOf(threadId(4))).toBeUndefined()
  })

  it('walks a spawn tree through the dead', () => {
    const dead = new DeadSet([set('a', [3, 2]), set('b', [2, 1], [4, 1])])
    expect(dead.childrenOf(threadId(1))).toEqual([threadId(2), threadId(4)])
    expect(dead.childrenOf(threadId(2))).toEqual([threadId(3)])
    expect(dead.childrenOf(threadId(3))).toEqual([])
  })

  it('takes an aborted set back', () => {
    const dead = new DeadSet([set('a', [1], [2, 1]), set('b', [3, 1])])
    dead.remove('a')
    dead.remove('unknown')
    expect(dead.size).toBe(1)
    expect(dead.has(threadId(2))).toBe(false)
    expect(dead.childrenOf(threadId(1))).toEqual([threadId(3)])
    dead.remove('b')
    expect(dead.size).toBe(0)
    expect(dead.childrenOf(threadId(1))).toEqual([])
  })

  it('keeps an id dead while any set holds it', () => {
    const dead = new DeadSet([set('a', [1]), set('b', [1], [2, 1])])
    expect(dead.receiptOf(threadId(1))).toBe('a')
    dead.remove('a')
    expect(dead.receiptOf(threadId(1))).toBe('b')
    dead.remove('b')
    expect(dead.has(threadId(1))).toBe(false)
  })

  it('agrees with a naive model after any additions and removals', () => {
    const thread = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }))
    const step = fc.record({
      operationId: fc.constantFrom('a', 'b', 'c', 'd'),
      threads: fc.uniqueArray(thread, { maxLength: 5, selector: ([id]) => id }),
      removes: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const dead = new DeadSet()
        let sets: DeadThreads[] = []
        for (const { operationId, threads, removes } of steps) {
          if (removes) {
            dead.remove(operationId)
            sets = sets.filter((one) => one.operationId !== operationId)
          } else {
            dead.add(set(operationId, ...threads))
            if (sets.every((one) => one.operationId !== operationId))
              sets.push(set(operationId, ...threads))
          }
        }
        const all = Array.from({ length: 10 }, (_, n) => threadId(n))
        const tombOf = (id: ThreadId) => sets.find(({ ids }) => ids.includes(id))
        const parentOf = (id: ThreadId) => {
          const tomb = tombOf(id)
          return tomb?.parentIds[tomb.ids.indexOf(id)] ?? undefined
        }
        expect(dead.size).toBe(all.filter(tombOf).length)
        for (const id of all) {
          expect(dead.has(id)).toBe(tombOf(id) !== undefined)
          expect(dead.receiptOf(id)).toBe(tombOf(id)?.operationId)
          expect(dead.parentOf(id)).toBe(parentOf(id))
          expect([...dead.childrenOf(id)].sort()).toEqual(all.filter((c) => parentOf(c) === id))
        }
      }),
    )
  })
})
