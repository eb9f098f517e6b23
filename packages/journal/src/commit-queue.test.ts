import { StoreError } from '@cenotaph/storage'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CommitQueue } from './commit-queue.js'
import { FailureLatch } from './failure.js'
import type { LevelOperation } from './level.js'

/** A queue of numbers whose writes end when the test says so. */
function makeQueue(options: { groupBytesMax?: number; groupMembersMax?: number } = {}) {
  const log: string[] = []
  const batches: string[][] = []
  const inFlight: { resolve: () => void; reject: (error: unknown) => void }[] = []
  const latch = new FailureLatch()
  const queue = new CommitQueue<string, number>({
    write: (operations) => {
      batches.push(operations.map(({ key }) => key))
      return new Promise((resolve, reject) => inFlight.push({ resolve, reject }))
    },
    buildGroup: (members) => {
      expect(inFlight).toHaveLength(0)
      const number = batches.length
      return { operations: members.map(del), applied: () => number }
    },
    latch,
    groupBytesMax: options.groupBytesMax ?? 1_000,
    groupMembersMax: options.groupMembersMax ?? 1_000,
  })
  const commit = (name: string, refuse = false) =>
    queue.commit(() => {
      expect(inFlight).toHaveLength(0)
      log.push(`build ${name}`)
      if (refuse) throw refusal
      return {
        operations: [del(name)],
        applied: () => {
          log.push(`applied ${name}`)
          return name
        },
      }
    })
  const join = (name: string, bytes = 1, refuse = false) =>
    queue.join({
      member: name,
      bytes,
      check: () => {
        expect(inFlight).toHaveLength(0)
        if (refuse) throw refusal
      },
    })
  /** Lets the batch in flight end, and everything that follows from it happen. */
  const finish = async (error?: unknown) => {
    const write = inFlight.shift()
    if (error) write?.reject(error)
    else write?.resolve()
    await turn()
  }
  const finishAll = async () => {
    await turn()
    while (inFlight.length > 0) await finish()
  }
  return { queue, latch, log, batches, inFlight, commit, join, finish, finishAll }
}

const refusal = new StoreError('THREAD_DELETED', 'refused')
const del = (key: string): LevelOperation => ({ type: 'del', key })
const turn = () => new Promise((resolve) => setImmediate(resolve))
const settled = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )

describe('the commit queue', () => {
  it('has one batch in flight, in order, and joins appends that wait side by side', async () => {
    const rig = makeQueue()
    const first = rig.join('a')
    const second = rig.join('b')
    await turn()
    const later = [rig.join('c'), rig.commit('X'), rig.join('d'), rig.join('e')]
    await turn()
    expect(rig.batches).toEqual([['a', 'b']])
    await rig.finishAll()
    expect(rig.batches).toEqual([['a', 'b'], ['c'], ['X'], ['d', 'e']])
    expect(await Promise.all([first, second, ...later])).toEqual([0, 0, 1, 'X', 3, 3])
  })

  it('applies a batch before it builds the next one', async () => {
    const rig = makeQueue()
    const all = [rig.commit('A'), rig.commit('B')]
    await rig.finishAll()
    await Promise.all(all)
    expect(rig.log).toEqual(['build A', 'applied A', 'build B', 'applied B'])
  })

  it('keeps every promise under any interleaving of commits, appends, refusals and ends', async () => {
    const action = fc.record({
      kind: fc.constantFrom('commit', 'join', 'end', 'turn'),
      refuse: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
      bytes: fc.integer({ min: 1, max: 600 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        const rig = makeQueue({ groupMembersMax: 5 })
        const results: { name: string; refuse: boolean; result: Promise<unknown> }[] = []
        for (const [index, { kind, refuse, bytes }] of actions.entries()) {
          const name = `${kind}${index}`
          if (kind === 'end') await rig.finish()
          else if (kind === 'turn') await turn()
          else {
            const run = kind === 'commit' ? rig.commit(name, refuse) : rig.join(name, bytes, refuse)
            results.push({ name, refuse, result: settled(run) })
          }
          expect(rig.inFlight.length).toBeLessThanOrEqual(1)
        }
        await rig.finishAll()
        // What was not refused is written once, in the order of the calls; a commit has a batch alone.
        const wanted = results.filter(({ refuse }) => !refuse).map(({ name }) => name)
        expect(rig.batches.flat()).toEqual(wanted)
        for (const batch of rig.batches)
          if (batch.some((name) => name.startsWith('commit'))) expect(batch).toHaveLength(1)
          else expect(batch.length).toBeLessThanOrEqual(5)
        for (const { refuse, result } of results)
          expect(Object.keys((await result) as object)).toEqual([refuse ? 'error' : 'value'])
      }),
    )
  })

  it('refuses one append of a group and keeps the others', async () => {
    const rig = makeQueue()
    const all = [rig.join('a'), rig.join('b', 1, true), rig.join('c')].map(settled)
    await rig.finishAll()
    expect(rig.batches).toEqual([['a', 'c']])
    expect(await Promise.all(all)).toEqual([{ value: 0 }, { error: refusal }, { value: 0 }])
  })

  it('closes a group at its limit of bytes', async () => {
    const rig = makeQueue({ groupBytesMax: 10 })
    for (const name of ['a', 'b', 'c']) void rig.join(name, 6)
    await rig.finishAll()
    expect(rig.batches).toEqual([['a', 'b'], ['c']])
  })

  it('ends everything at the first failed batch', async () => {
    const rig = makeQueue()
    const failing = settled(rig.join('a'))
    await turn()
    const waiting = [rig.join('b'), rig.commit('C')].map(settled)
    await rig.finish(new Error('IO error: 000003.log: No space left on device'))
    const late = [rig.join('d'), rig.commit('E')].map(settled)
    const failed = (outcome: string) => ({
      error: expect.objectContaining({
        code: 'STORE_FAILED',
        outcome,
        detail: { diskFull: true },
      }),
    })
    expect(await failing).toEqual(failed('unknown'))
    for (const result of [...waiting, ...late]) expect(await result).toEqual(failed('absent'))
    expect(rig.batches).toEqual([['a']])
  })

  it('ends everything where the caller latches a failure while a batch is in flight', async () => {
    const rig = makeQueue()
    const acknowledged = settled(rig.join('a'))
    await turn()
    const waiting = settled(rig.join('b'))
    rig.latch.fail(new Error('fdatasync'))
    await rig.finishAll()
    expect(await acknowledged).toEqual({ value: 0 })
    expect(await waiting).toMatchObject({ error: { code: 'STORE_FAILED', outcome: 'absent' } })
    expect(rig.batches).toEqual([['a']])
  })

  it('latches where memory could not follow the disk', async () => {
    const rig = makeQueue()
    const broken = settled(
      rig.queue.commit(() => ({
        operations: [],
        applied: () => {
          throw new Error('a bug')
        },
      })),
    )
    await rig.finishAll()
    expect(await broken).toMatchObject({ error: { code: 'STORE_FAILED', outcome: 'unknown' } })
    expect(rig.latch.failure?.code).toBe('STORE_FAILED')
  })

  it('lets what waits end when it is closed, and refuses the rest', async () => {
    const rig = makeQueue()
    const before = settled(rig.join('a'))
    const closing = rig.queue.close()
    const after = settled(rig.join('b'))
    await rig.finishAll()
    await closing
    expect(await before).toEqual({ value: 0 })
    expect(await after).toMatchObject({ error: { code: 'STORE_CLOSED', outcome: 'absent' } })
  })
})
