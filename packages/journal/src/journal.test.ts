import { StoreError } from '@cenotaph/storage'
import { describe, expect, it } from 'vitest'
import { checkpointOf, intercept, line, Rig, text } from './journal.fixture.js'
import type { OperationId, Sequence } from './keys.js'

const put = (key: string, value: string) =>
  ({ type: 'put', key, body: Buffer.from(value) }) as const
const code = (name: string, more: object = {}) => expect.objectContaining({ code: name, ...more })

describe('the journal', () => {
  it('gives back rows, groups and open intents after a reopen', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    expect(
      await journal.commit(() => ({ operations: [put('t/1', 'row')], applied: () => 5 })),
    ).toBe(5)
    const sequences = await Promise.all([
      journal.append(line('a', 'one\n')),
      journal.append({ ...line('b', 'two\n', 10), tag: Buffer.from('key') }),
      journal.reserve({ subject: 'c', generation: 2, offset: 0, length: 9 }),
    ])
    expect(sequences).toEqual([1, 1, 1])
    const reserved = {
      subject: 'c',
      generation: 2,
      offset: 0,
      first: 4,
      count: 1,
      length: 9,
      crc: 7,
    }
    expect(await journal.appendReserved(reserved)).toBe(2)
    const { id } = await journal.intend('delete', () => ({
      body: Buffer.from('plan'),
      operations: [{ type: 'del', key: 't/1' }],
    }))
    const settled = await journal.intend('fork', () => ({ body: Buffer.from(''), operations: [] }))
    await journal.amend(id, Buffer.from('plan, tried once'))
    await journal.settle(settled.id, () => ({ operations: [put('t/2', 'fork')] }))
    expect(journal.lastSequence).toBe(2)
    const { journaledBytes } = journal
    await journal.close()

    const { journal: again, recovered } = await rig.open()
    expect(recovered.intents.map((intent) => ({ ...intent, body: text(intent.body) }))).toEqual([
      { id, kind: 'delete', at: rig.clock.nowMs, body: 'plan, tried once' },
    ])
    expect(recovered.groups.map((group) => group.sequence)).toEqual([1, 2])
    const [first, second] = recovered.groups
    expect(first?.sections.map((section) => section.subject)).toEqual(['a', 'b'])
    expect(first?.reserves).toEqual([{ subject: 'c', generation: 2, offset: 0, length: 9 }])
    expect(text(first?.sections[1]?.tag)).toBe('key')
    expect(second?.sections).toEqual([reserved])
    expect(again.journaledBytes).toBe(journaledBytes)
    expect((await again.getMany(['t/1', 't/2'])).map(text)).toEqual([undefined, 'fork'])
    await again.close()
  })

  it('goes on with sequences and ids where it stopped, even if the clock went back', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    await journal.append(line('a', 'x'))
    const intend = { body: Buffer.from(''), operations: [] }
    const before = await journal.intend('k', () => intend)
    const time = journal.storeTimeMs()
    await journal.close()
    rig.clock.nowMs -= 86_400_000
    const { journal: again } = await rig.open()
    expect(again.storeTimeMs()).toBe(time)
    expect(await again.append(line('a', 'y'))).toBe(2)
    const after = await again.intend('k', () => intend)
    expect(after.id > before.id).toBe(true)
    await again.close()
  })

  it('never gives an id again that rows may carry, though no intent did and the clock stands still', async () => {
    const rig = new Rig()
    const given: string[] = []
    let { journal } = await rig.open({ fresh: true })
    await journal.checkpoint(0 as Sequence, checkpointOf)
    for (let restart = 0; restart < 3; restart += 1) {
      const id = journal.reserveOperationId()
      await journal.commit(() => ({ operations: [put(`t/${id}`, 'row')] }))
      journal.releaseOperationId(id)
      given.push(id)
      await journal.close()
      rig.clock.nowMs -= 1_000
      journal = (await rig.open()).journal
    }
    expect(given.toSorted()).toEqual(given)
    expect(new Set(given).size).toBe(3)
    expect((await journal.page({ gt: 't/', lt: 't0' })).entries).toHaveLength(3)
    await journal.close()
  })

  it('writes nothing of a refused commit and nothing of a refused section', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    const refusal = new StoreError('THREAD_DELETED', 'dead')
    const refuse = () => {
      throw refusal
    }
    const results = await Promise.allSettled([
      journal.append(line('a', 'kept')),
      journal.append(line('b', 'refused'), refuse),
      journal.append(line('c', 'kept too')),
      journal.commit(refuse),
      journal.intend('k', refuse),
      journal.commit(() => ({ operations: [put('j/0000000000000001', '')] })),
      journal.commit(() => ({ operations: [put('meta', '')] })),
      journal.settle('01ARZ3NDEKTSV4RRFFQ69G5FAV' as OperationId, () => ({ operations: [] })),
      journal.checkpoint(9 as Sequence, checkpointOf),
    ])
    expect(
      results.map((result) => (result.status === 'fulfilled' ? result.value : result.reason)),
    ).toEqual([1, refusal, 1, refusal, refusal, ...Array(4).fill(code('ARGUMENT_INVALID'))])
    expect(journal.failure).toBeUndefined()
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    expect(recovered.groups.flatMap((group) => group.sections.map((s) => s.subject))).toEqual([
      'a',
      'c',
    ])
    expect(recovered.intents).toEqual([])
    await again.close()
  })

  it('rejects for ever after one failed batch, though later ones would succeed; reads go on', async () => {
    const rig = new Rig()
    await (await rig.make()).close()
    let failures = 0
    const { journal } = await rig.open({
      wrap: (level) =>
        intercept(level, async (write, operations) => {
          if (failures === 0 && operations.some(({ key }) => key === 't/2')) {
            failures++
            throw new Error('IO error: No space left on device')
          }
          await write()
        }),
    })
    const seen: unknown[] = []
    journal.onFailure((failure) => seen.push(failure))
    await journal.commit(() => ({ operations: [put('t/1', 'good')] }))
    const [failed, queued] = await Promise.allSettled([
      journal.commit(() => ({ operations: [put('t/2', 'lost')] })),
      journal.append(line('a', 'queued')),
    ])
    expect(failed).toMatchObject({ reason: code('STORE_FAILED', { outcome: 'unknown' }) })
    expect(queued).toMatchObject({ reason: code('STORE_FAILED', { outcome: 'absent' }) })
    const absent = code('STORE_FAILED', { outcome: 'absent', detail: { diskFull: true } })
    await expect(journal.append(line('a', 'late'))).rejects.toEqual(absent)
    await expect(journal.checkpoint(0 as Sequence, checkpointOf)).rejects.toEqual(absent)
    await expect(journal.eraseTrimmed(true)).rejects.toEqual(absent)
    expect(seen).toEqual([journal.failure])
    expect(journal.failure).toEqual(code('STORE_FAILED'))
    expect(text(await journal.get('t/1'))).toBe('good')
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    expect(recovered.groups).toEqual([])
    await again.commit(() => ({ operations: [put('t/3', 'fine')] }))
    await again.close()
  })

  it('refuses reads and writes once it is closed', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    await Promise.all([journal.close(), journal.close()])
    await expect(journal.get('t/1')).rejects.toEqual(code('STORE_CLOSED'))
    await expect(journal.page({})).rejects.toEqual(code('STORE_CLOSED'))
    await expect(journal.append(line('a', 'x'))).rejects.toEqual(code('STORE_CLOSED'))
    await expect(journal.eraseRanges([{ from: 'a', to: 'b' }])).rejects.toEqual(
      code('STORE_CLOSED'),
    )
  })

  it('pages forward and backward, at most 1,000 rows at a time', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    const keys = Array.from({ length: 1_200 }, (_, index) => `r/${String(index).padStart(5, '0')}`)
    await journal.commit(() => ({ operations: keys.map((key) => put(key, key)) }))
    for (const reverse of [false, true]) {
      const seen: string[] = []
      let next: string | undefined
      do {
        const bounds = reverse ? { gt: 'r/', lt: next ?? 'r0' } : { gt: next ?? 'r/', lt: 'r0' }
        const page = await journal.page({ ...bounds, reverse, limit: 700 })
        for (const [key, body] of page.entries) expect(text(body)).toBe(key)
        seen.push(...page.entries.map(([key]) => key))
        next = page.next
      } while (next !== undefined)
      expect(seen).toEqual(reverse ? [...keys].reverse() : keys)
    }
    expect((await journal.page({ gt: 'r/' })).entries).toHaveLength(1_000)
    await expect(journal.page({ limit: 1_001 })).rejects.toEqual(code('ARGUMENT_INVALID'))
    await journal.close()
  })

  it('reports a damaged row by its key', async () => {
    const rig = new Rig()
    const journal = await rig.make()
    await journal.close()
    await rig.tamper((level) => level.put('t/1', Buffer.from('no checksum'), { sync: true }))
    const { journal: again } = await rig.open()
    const damage = code('LEVEL_DAMAGED', { detail: { key: 't/1' } })
    await expect(again.get('t/1')).rejects.toEqual(damage)
    await expect(again.page({ gt: 't/' })).rejects.toEqual(damage)
    await again.close()
  })
})
