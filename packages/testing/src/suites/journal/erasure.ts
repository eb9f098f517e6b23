// Physical erasure: what was deleted and erased is nowhere on the medium, what stays is whole. The medium must show what
// it holds before that, or these tests could not fail.

import assert from 'node:assert/strict'
import type { Check } from '../journal-suite.js'
import { refused } from '../suite.js'
import { checkpointOf, type JournalRig, line, put, textOf } from './journal-rig.js'

const secretOf = (name: string): string => `a secret text of ${name}, said nowhere else`

const range = (name: string) => ({ from: `t/${name}/`, to: `t/${name}/~` })

/** Names of those whose secrets the medium has. */
async function onMedium(rig: JournalRig, names: readonly string[]): Promise<string[]> {
  assert(rig.place.bytes, 'supports.erasure needs bytes')
  const pieces = (await rig.place.bytes()).map((piece) => Buffer.from(piece))
  return names.filter((name) => pieces.some((piece) => piece.includes(secretOf(name))))
}

export function testErasure(check: Check): void {
  check(
    'deleted rows are gone from the medium once they are erased, others are not',
    async (rig) => {
      const names = ['a', 'b', 'c']
      let journal = await rig.make()
      for (const name of names) {
        for (let row = 0; row < 5; row += 1)
          await journal.commit(() => ({
            operations: [
              put(`t/${name}/head`, `${secretOf(name)} ${row}`),
              put(`t/${name}/${row}`, secretOf(name)),
            ],
          }))
      }
      await journal.close()
      assert.deepEqual(await onMedium(rig, names), names)
      journal = (await rig.open()).journal
      for (const name of ['a', 'c']) {
        const rows = (await journal.page({ gte: range(name).from, lte: range(name).to })).entries
        await journal.commit(() => ({ operations: rows.map(([key]) => ({ type: 'del', key })) }))
      }
      const { tablesLeft } = await journal.eraseRanges([range('a'), range('c')])
      assert.equal(tablesLeft, 0)
      await journal.close()
      assert.deepEqual(await onMedium(rig, names), ['b'])
      const { journal: again } = await rig.open()
      assert.equal(textOf(await again.get('t/b/head')), `${secretOf('b')} 4`)
      assert.equal((await again.page({ gt: 't/', lt: 't0' })).entries.length, 6)
      await again.close()
    },
  )

  check('what was overwritten goes, and what a key holds now stays', async (rig) => {
    let journal = await rig.make()
    for (const name of ['old', 'new'])
      await journal.commit(() => ({ operations: [put('t/x/1', secretOf(name))] }))
    await journal.close()
    assert.deepEqual(await onMedium(rig, ['old', 'new']), ['old', 'new'])
    journal = (await rig.open()).journal
    await journal.eraseRanges([range('x')], { keepLive: true })
    assert.equal(textOf(await journal.get('t/x/1')), secretOf('new'))
    await journal.close()
    assert.deepEqual(await onMedium(rig, ['old', 'new']), ['new'])
  })

  check(
    'trimmed groups, settled intents and former bodies are erased; what is open stays',
    async (rig) => {
      let journal = await rig.make()
      const trimmed = await journal.append(line('a', secretOf('trimmed')))
      const intend = async (name: string) =>
        (
          await journal.intend('kind', () => ({
            body: Buffer.from(secretOf(name)),
            operations: [],
          }))
        ).id
      const [settled, open] = [await intend('settled'), await intend('open')]
      await journal.settle(settled, () => ({ operations: [] }))
      await journal.append(line('a', secretOf('kept')))
      await journal.checkpoint(trimmed, checkpointOf)
      await journal.close()
      const names = ['trimmed', 'settled', 'open', 'kept']
      const before = await onMedium(rig, names)
      assert(before.includes('open') && before.includes('kept'))
      journal = (await rig.open()).journal
      assert.equal(await journal.eraseTrimmed(true), true)
      await journal.close()
      assert.deepEqual(await onMedium(rig, names), ['open', 'kept'])
      const { journal: again, recovered } = await rig.open()
      assert.deepEqual(
        recovered.intents.map(({ id, body }) => [id, textOf(body)]),
        [[open, secretOf('open')]],
      )
      assert.equal(textOf(await bytesOfFirst(recovered.groups)), secretOf('kept'))
      await again.close()
    },
  )

  check('erasing goes on beside appends, and waits for no reader for ever', async (rig) => {
    const journal = await rig.make()
    await journal.commit(() => ({ operations: [put('t/a/1', secretOf('a')), put('t/b/1', 'b')] }))
    await journal.commit(() => ({ operations: [{ type: 'del', key: 't/a/1' }] }))
    const [{ tablesLeft }, row, sequence] = await Promise.all([
      journal.eraseRanges([range('a')]),
      journal.get('t/b/1'),
      journal.append(line('a', 'meanwhile')),
      journal.page({ gt: 't/' }),
    ])
    assert.deepEqual([tablesLeft, textOf(row), sequence], [0, 'b', 1])
    await journal.close()
    assert.deepEqual(await onMedium(rig, ['a']), [])
  })

  check('a range that is empty, upside down or still holds a key is refused', async (rig) => {
    const journal = await rig.make()
    await journal.commit(() => ({ operations: [put('t/a/1', secretOf('a'))] }))
    for (const wrong of [{ from: '', to: 'x' }, { from: 'b', to: 'a' }, range('a')])
      await refused(() => journal.eraseRanges([wrong]), 'ARGUMENT_INVALID')
    assert.equal(textOf(await journal.get('t/a/1')), secretOf('a'))
    await journal.close()
  })
}

async function bytesOfFirst(
  groups: readonly { readonly sections: readonly object[] }[],
): Promise<Uint8Array | undefined> {
  const section = groups[0]?.sections[0]
  return section && 'bytes' in section ? (section.bytes as Uint8Array) : undefined
}
