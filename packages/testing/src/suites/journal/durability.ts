// What resolved is there after a restart, whole and in order; and where the power can go, after that too.

import assert from 'node:assert/strict'
import type { GroupRecord, OperationId, Recovered, Sequence } from '@cenotaph/journal'
import type { Check } from '../journal-suite.js'
import { refused } from '../suite.js'
import { checkpointOf, type JournalRig, line, put, textOf } from './journal-rig.js'

const APPENDS = 300
/** A batch that takes longer is looked at in its beginning alone. */
const TURNS = 40

const nothing = () => ({ body: Buffer.from(''), operations: [] })

const subjectsOf = (groups: readonly GroupRecord[]): string[] =>
  groups.flatMap(({ sections }) => sections.map(({ subject }) => subject))

const intentsOf = ({ intents }: Recovered) =>
  intents.map(({ id, kind, body }) => ({ id, kind, body: textOf(body) }))

/** Closes, or loses power, and opens again. */
type Restart = (rig: JournalRig, close: () => Promise<void>) => Promise<void>

const byClosing: Restart = (_rig, close) => close()
const byLosingPower: Restart = (rig) => {
  assert(rig.place.losePower, 'supports.powerLoss needs losePower')
  return rig.place.losePower()
}

export function testDurability(check: Check, { powerLoss }: { readonly powerLoss: boolean }): void {
  const restarts: [when: string, restart: Restart][] = [['it was closed', byClosing]]
  if (powerLoss) restarts.push(['the power went', byLosingPower])
  for (const [when, restart] of restarts) testRestart(check, when, restart)
  if (powerLoss) testBatchUnderWay(check)

  check('appends that wait together share groups, in the order of their calls', async (rig) => {
    const journal = await rig.make()
    const calls = Array.from({ length: APPENDS }, (_, call) =>
      journal.append(line(`subject ${call % 3}`, `${call}\n`, call)),
    )
    const sequences = await Promise.all(calls)
    assert.deepEqual(
      sequences,
      sequences.toSorted((a, b) => a - b),
    )
    assert(new Set(sequences).size < APPENDS, 'every append had a batch of its own')
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    assert.deepEqual(
      recovered.groups.map(({ sequence }) => sequence),
      [...new Set(sequences)],
    )
    const offsets = recovered.groups.flatMap(({ sections }) => sections.map((one) => one.offset))
    assert.deepEqual(
      offsets,
      calls.map((_, call) => call),
    )
    await again.close()
  })

  check('rows that come with an append are in its batch', async (rig) => {
    const journal = await rig.make()
    await journal.commit(() => ({ operations: [put('t/b', 'old')] }))
    await Promise.all([
      journal.append(line('a', 'one\n'), undefined, [put('t/a', 'with one')]),
      journal.append(line('b', 'two\n'), undefined, [{ type: 'del', key: 't/b' }]),
    ])
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    assert.deepEqual(subjectsOf(recovered.groups), ['a', 'b'])
    assert.deepEqual((await again.getMany(['t/a', 't/b'])).map(textOf), ['with one', undefined])
    await again.close()
  })

  check('what is refused is not written, and its neighbours are', async (rig) => {
    const journal = await rig.make()
    const refusal = new Error('refused')
    const refuse = (): never => {
      throw refusal
    }
    const results = await Promise.allSettled([
      journal.append(line('a', 'kept')),
      journal.append(line('b', 'refused'), refuse, [put('t/b', 'refused')]),
      journal.append(line('c', 'kept too')),
      journal.commit(refuse),
      journal.intend('kind', refuse),
    ])
    const reasons = results.map((one) => (one.status === 'rejected' ? one.reason : undefined))
    assert.deepEqual(reasons, [undefined, refusal, undefined, refusal, refusal])
    for (const key of ['meta', 'j/0000000000000001', 'i/x'])
      await refused(
        () => journal.commit(() => ({ operations: [put(key, '')] })),
        'ARGUMENT_INVALID',
      )
    assert.equal(journal.failure, undefined)
    await journal.close()
    const { journal: again, recovered } = await rig.open()
    assert.deepEqual(subjectsOf(recovered.groups), ['a', 'c'])
    assert.deepEqual(recovered.intents, [])
    assert.equal(await again.get('t/b'), undefined)
    await again.close()
  })

  check('operation ids and time ascend, whatever the clock does', async (rig) => {
    const journal = await rig.make()
    const before = await journal.intend('kind', nothing)
    const time = journal.storeTimeMs()
    await journal.close()
    rig.clock.step(-86_400_000)
    const { journal: again } = await rig.open()
    assert.equal(again.storeTimeMs(), time)
    const reserved = again.reserveOperationId()
    const after = await again.intend('kind', nothing)
    const late = await again.intend('kind', nothing, reserved)
    assert(before.id < reserved && reserved < after.id)
    assert.equal(late.id, reserved)
    await again.close()
    const { journal: third, recovered } = await rig.open()
    assert.deepEqual(
      recovered.intents.map(({ id }) => id),
      [before.id, reserved, after.id],
    )
    assert(third.reserveOperationId() > after.id)
    await third.close()
  })

  check(
    'a checkpoint trims what it says, keeps what comes behind, and goes nowhere else',
    async (rig) => {
      const journal = await rig.make()
      for (const name of ['a', 'b', 'c']) await journal.append(line(name, name))
      await refused(() => journal.checkpoint(4 as Sequence, checkpointOf), 'ARGUMENT_INVALID')
      const row = { ...checkpointOf(), operations: [put('t/row', 'of the checkpoint')] }
      await Promise.all([
        journal.append(line('d', 'd')),
        journal.checkpoint(2 as Sequence, () => row),
        journal.append(line('e', 'e')),
      ])
      await refused(() => journal.checkpoint(1 as Sequence, checkpointOf), 'ARGUMENT_INVALID')
      const { journaledBytes } = journal
      await journal.close()
      const { journal: again, recovered } = await rig.open()
      assert.deepEqual(subjectsOf(recovered.groups), ['c', 'd', 'e'])
      assert.equal(recovered.anchor?.sequence, 2)
      assert.equal(again.journaledBytes, journaledBytes)
      assert.equal(textOf(await again.get('t/row')), 'of the checkpoint')
      await again.checkpoint(again.lastSequence, checkpointOf)
      assert.equal(again.journaledBytes, 0)
      await again.close()
      assert.deepEqual(await rig.keys('j/'), [])
    },
  )

  check('a long journal is trimmed to its end', async (rig) => {
    const journal = await rig.make()
    // One group an append, and more of them than one batch deletes.
    for (let count = 0; count < 1_050; count += 1) await journal.append(line('a', 'x', count))
    await journal.checkpoint(1_049 as Sequence, checkpointOf)
    await journal.close()
    assert.deepEqual(await rig.keys('j/'), ['j/0000000000001050'])
    const { journal: again, recovered } = await rig.open()
    assert.deepEqual(
      recovered.groups.map(({ sequence }) => sequence),
      [1_050],
    )
    await again.close()
  })
}

function testRestart(check: Check, when: string, restart: Restart): void {
  check(`rows, groups and open intents are there after ${when}`, async (rig) => {
    const journal = await rig.make()
    const applied = () => 5
    assert.equal(await journal.commit(() => ({ operations: [put('t/1', 'row')], applied })), 5)
    const sequences = await Promise.all([
      journal.append(line('a', 'one\n')),
      journal.append({ ...line('b', 'two\n', 10), tag: Buffer.from('key') }),
      journal.reserve({ subject: 'c', generation: 2, offset: 0, length: 9 }),
    ])
    assert.deepEqual(sequences, [1, 1, 1])
    const place = { subject: 'c', generation: 2, offset: 0 }
    const reserved = { ...place, first: 4, count: 1, length: 9, crc: 7 }
    assert.equal(await journal.appendReserved(reserved), 2)
    const operations = [{ type: 'del', key: 't/1' } as const]
    const intent = await journal.intend('delete', () => ({ body: Buffer.from('plan'), operations }))
    const settled = await journal.intend('fork', nothing)
    await journal.amend(intent.id, Buffer.from('plan, tried once'))
    await journal.settle(settled.id, () => ({ operations: [put('t/2', 'fork')] }))
    const unknown = '01ARZ3NDEKTSV4RRFFQ69G5FAV' as OperationId
    for (const id of [settled.id, unknown]) {
      await refused(() => journal.settle(id, () => ({ operations: [] })), 'ARGUMENT_INVALID')
      await refused(() => journal.amend(id, Buffer.from('')), 'ARGUMENT_INVALID')
    }
    const { journaledBytes, lastSequence } = journal
    await restart(rig, () => journal.close())

    const { journal: again, recovered } = await rig.open()
    const plan = { id: intent.id, kind: 'delete', body: 'plan, tried once' }
    assert.deepEqual(intentsOf(recovered), [plan])
    assert.deepEqual(subjectsOf(recovered.groups), ['a', 'b', 'c'])
    const [first, second] = recovered.groups
    assert.deepEqual(first?.reserves, [{ ...place, length: 9 }])
    assert.equal(textOf(first?.sections[1]?.tag), 'key')
    assert.deepEqual(second?.sections, [reserved])
    assert.deepEqual([again.journaledBytes, again.lastSequence], [journaledBytes, lastSequence])
    assert.deepEqual((await again.getMany(['t/1', 't/2'])).map(textOf), [undefined, 'fork'])
    assert.equal(await again.append(line('a', 'three\n')), 3)
    await again.settle(intent.id, () => ({ operations: [] }))
    await again.close()
  })

  check(`each of many commits is there after ${when}`, async (rig) => {
    let journal = await rig.make()
    const expected: string[] = []
    for (let round = 0; round < 6; round += 1) {
      await journal.commit(() => ({ operations: [put(`t/${round}`, 'row')] }))
      await journal.append(line(`round ${round}`, `${round}\n`))
      expected.push(`round ${round}`)
      const ended = journal
      await restart(rig, () => ended.close())
      const { journal: again, recovered } = await rig.open()
      assert.deepEqual(subjectsOf(recovered.groups), expected)
      assert.equal((await again.page({ gt: 't/', lt: 't0' })).entries.length, round + 1)
      journal = again
    }
    await journal.close()
  })
}

/** The power goes a little later each time, from before the batch is issued until it has resolved. */
function testBatchUnderWay(check: Check): void {
  check('a batch is whole or absent when the power goes while it is under way', async (rig) => {
    const keys = Array.from({ length: 8 }, (_, row) => `t/${row}`)
    let journal = await rig.make()
    for (let turns = 0; turns < TURNS; turns += 1) {
      let resolved = false
      const text = `of round ${turns}`
      const committing = journal
        .commit(() => ({ operations: keys.map((key) => put(key, text)) }))
        .then(
          () => {
            resolved = true
          },
          () => {},
        )
      for (let turn = 0; turn < turns; turn += 1) await undefined
      const acknowledged = resolved
      await rig.place.losePower?.()
      await committing
      const { journal: again } = await rig.open()
      const rows = (await again.getMany(keys)).map(textOf)
      assert.equal(new Set(rows).size, 1, 'a part of a batch is there')
      if (acknowledged) assert.equal(rows[0], text)
      journal = again
    }
    await journal.close()
  })
}
