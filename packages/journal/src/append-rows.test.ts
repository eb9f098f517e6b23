import { describe, expect, it } from 'vitest'
import { intercept, line, Rig, text } from './journal.fixture.js'

const put = (key: string, body: string | Uint8Array) =>
  ({ type: 'put', key, body: Buffer.from(body) }) as const

describe('rows that come with an append', () => {
  it('are in its batch, with those of its neighbours', async () => {
    const rig = new Rig()
    let batches = 0
    await (await rig.make()).close()
    const { journal } = await rig.open({
      wrap: (level) =>
        intercept(level, (write) => {
          batches += 1
          return write()
        }),
    })
    await journal.commit(() => ({ operations: [put('t/b', 'old')] }))
    batches = 0
    await Promise.all([
      journal.append(line('a', 'one\n'), undefined, [put('t/a', 'with one')]),
      journal.append(line('b', 'two\n'), undefined, [{ type: 'del', key: 't/b' }]),
    ])
    expect(batches).toBe(1)
    expect((await journal.getMany(['t/a', 't/b'])).map(text)).toEqual(['with one', undefined])
    await journal.close()
  })

  it('are refused with the append that is refused, and with it alone', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    const refuse = (): never => {
      throw new Error('no')
    }
    const refused = journal.append(line('a', 'one\n'), refuse, [put('t/a', 'x')])
    const kept = journal.append(line('b', 'two\n'), undefined, [put('t/b', 'y')])
    await expect(refused).rejects.toThrow('no')
    expect(await kept).toBe(1)
    expect((await journal.getMany(['t/a', 't/b'])).map(text)).toEqual([undefined, 'y'])
    await journal.close()
  })

  it('never touch a key of the journal', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    await expect(
      journal.append(line('a', 'one\n'), undefined, [put('meta', 'x')]),
    ).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    expect(journal.lastSequence).toBe(0)
    await journal.close()
  })
})

describe('a page of large values', () => {
  it('ends early, and says where the next one begins', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    const large = Buffer.alloc(3 * 1024 * 1024, 7)
    const keys = ['t/1', 't/2', 't/3', 't/4', 't/5']
    for (const key of keys) await journal.commit(() => ({ operations: [put(key, large)] }))
    const first = await journal.page({ gt: 't/', lt: 't0' })
    expect(first.entries.length).toBeLessThan(keys.length)
    const read = first.entries.map(([key]) => key)
    for (let next = first.next; next !== undefined; ) {
      const page = await journal.page({ gt: next, lt: 't0' })
      read.push(...page.entries.map(([key]) => key))
      next = page.next
    }
    expect(read).toEqual(keys)
    await journal.close()
  })
})
