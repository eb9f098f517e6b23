// Reads: by key, by page, of keys alone, and around a reopening and a close.

import assert from 'node:assert/strict'
import type { Sequence } from '@cenotaph/journal'
import type { Check } from '../journal-suite.js'
import { refused } from '../suite.js'
import { checkpointOf, line, put, textOf } from './journal-rig.js'

const ROWS = 1_200
const ROWS_OF_A_PAGE = 1_000

export function testReading(check: Check): void {
  check('pages go forward and backward, at most 1,000 rows at a time', async (rig) => {
    const journal = await rig.make()
    const keys = Array.from({ length: ROWS }, (_, row) => `r/${String(row).padStart(5, '0')}`)
    await journal.commit(() => ({ operations: keys.map((key) => put(key, key)) }))
    for (const reverse of [false, true]) {
      const seen: string[] = []
      for (let next: string | undefined = ''; next !== undefined; ) {
        const bounds = reverse
          ? { gt: 'r/', lt: next === '' ? 'r0' : next }
          : { gt: next === '' ? 'r/' : next, lt: 'r0' }
        const page = await journal.page({ ...bounds, reverse, limit: 700 })
        for (const [key, body] of page.entries) assert.equal(textOf(body), key)
        seen.push(...page.entries.map(([key]) => key))
        next = page.next
      }
      assert.deepEqual(seen, reverse ? keys.toReversed() : keys)
    }
    assert.equal((await journal.page({ gt: 'r/' })).entries.length, ROWS_OF_A_PAGE)
    assert.equal((await journal.page({ gt: 'x/' })).entries.length, 0)
    for (const limit of [0, ROWS_OF_A_PAGE + 1, 1.5])
      await refused(() => journal.page({ limit }), 'ARGUMENT_INVALID')
    await journal.close()
  })

  check('pages of large values are all of them, one behind the other', async (rig) => {
    const journal = await rig.make()
    const body = Buffer.alloc(3 * 1024 * 1024, 7)
    const keys = ['t/1', 't/2', 't/3', 't/4']
    for (const key of keys)
      await journal.commit(() => ({ operations: [{ type: 'put', key, body }] }))
    const read: string[] = []
    for (let next: string | undefined = 't/'; next !== undefined; ) {
      const page = await journal.page({ gt: next, lt: 't0' })
      for (const [key, value] of page.entries) {
        assert.equal(value.length, body.length)
        read.push(key)
      }
      next = page.next
    }
    assert.deepEqual(read, keys)
    await journal.close()
  })

  check('keys are read by ranges, in order, without their values', async (rig) => {
    const journal = await rig.make()
    const keys = Array.from({ length: ROWS }, (_, row) => `k/${String(row).padStart(5, '0')}`)
    await journal.commit(() => ({ operations: keys.map((key) => put(key, '')) }))
    const ranges = [
      { from: 'k/00700', to: 'k/01300' },
      { from: 'k/', to: 'k/00009' },
      { from: 'k/00005', to: 'k/00012' },
    ]
    const read: string[] = []
    for await (const page of journal.keysIn(ranges)) read.push(...page)
    assert.deepEqual(read, [...keys.slice(0, 13), ...keys.slice(700)])
    await journal.close()
  })

  check(
    'reads give what was there, absence as undefined, in the order of the keys',
    async (rig) => {
      const journal = await rig.make()
      await journal.commit(() => ({ operations: [put('t/1', 'one'), put('t/é', 'two')] }))
      const read = await journal.getMany(['t/é', 't/0', 't/1', 't/é'])
      assert.deepEqual(read.map(textOf), ['two', undefined, 'one', 'two'])
      assert.equal(await journal.get('t/2'), undefined)
      await journal.commit(() => ({ operations: [{ type: 'del', key: 't/1' }, put('t/é', '')] }))
      assert.deepEqual((await journal.getMany(['t/1', 't/é'])).map(textOf), [undefined, ''])
      await journal.close()
    },
  )

  check('the database is closed and opened in place, with commits waiting', async (rig) => {
    const journal = await rig.make()
    await journal.append(line('a', 'one'))
    await Promise.all([
      journal.reopenLevel(),
      journal.append(line('a', 'two')),
      journal.reopenLevel(),
      journal.commit(() => ({ operations: [put('t/1', 'row')] })),
    ])
    assert.equal(textOf(await journal.get('t/1')), 'row')
    assert.equal(journal.lastSequence, 2)
    await journal.close()
  })

  check('a closed journal refuses everything, and can be closed twice', async (rig) => {
    const journal = await rig.make()
    await Promise.all([journal.close(), journal.close()])
    const calls = [
      () => journal.get('t/1'),
      () => journal.page({}),
      () => journal.append(line('a', 'x')),
      () => journal.commit(() => ({ operations: [] })),
      () => journal.intend('kind', () => ({ body: Buffer.from(''), operations: [] })),
      () => journal.checkpoint(0 as Sequence, checkpointOf),
    ]
    for (const call of calls) await refused(call, 'STORE_CLOSED')
  })
}
