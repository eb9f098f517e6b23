// A record that is missing, foreign or changed is an error at the next open, or at the read that meets it: never a
// shorter journal, never another value.

import assert from 'node:assert/strict'
import { replaceWhole } from '@cenotaph/storage'
import type { Check } from '../journal-suite.js'
import { refused } from '../suite.js'
import { checkpointOf, encodings, type JournalRig, line, put, textOf } from './journal-rig.js'

/** A closed store: groups 1 and 2 are trimmed, 3 to 5 are not, two intents are open, and there is a row. */
async function makeStore(rig: JournalRig): Promise<{ groups: string[]; intents: string[] }> {
  const journal = await rig.make()
  for (const name of ['a', 'b']) await journal.append(line(name, name))
  await journal.checkpoint(journal.lastSequence, checkpointOf)
  for (const name of ['c', 'd', 'e']) await journal.append(line(name, name))
  for (const kind of ['delete', 'fork'])
    await journal.intend(kind, () => ({ body: Buffer.from(kind), operations: [] }))
  await journal.commit(() => ({ operations: [put('t/1', 'one'), put('t/2', 'two')] }))
  await journal.close()
  return { groups: await rig.keys('j/'), intents: await rig.keys('i/') }
}

async function gap(rig: JournalRig, ...reasons: string[]): Promise<void> {
  const { detail } = await refused(() => rig.open(), 'JOURNAL_GAP')
  assert(reasons.includes(String(detail?.reason)), `${detail?.reason}, not ${reasons}`)
}

const flipped = (value: Uint8Array): Uint8Array => {
  value[value.length >> 1]! ^= 4
  return value
}

export function testDamage(check: Check): void {
  check('a group that is missing is noticed, at either end and in the middle', async (rig) => {
    const { groups } = await makeStore(rig)
    assert.equal(groups.length, 3)
    for (const key of groups) {
      let value: Uint8Array | undefined
      await rig.tamper(async (level) => {
        value = await level.get<string, Uint8Array>(key, encodings)
        await level.del(key, encodings)
      })
      await gap(rig, 'group-missing')
      await rig.tamper((level) => level.put(key, value!, encodings))
    }
    const { journal } = await rig.open()
    await journal.close()
  })

  check('an intent that is missing is noticed, and one that came back', async (rig) => {
    const { intents } = await makeStore(rig)
    const [key] = intents
    let value: Uint8Array | undefined
    await rig.tamper(async (level) => {
      value = await level.get<string, Uint8Array>(key!, encodings)
      await level.del(key!, encodings)
    })
    await gap(rig, 'intent-missing')
    await rig.tamper((level) => level.put(key!, value!, encodings))
    const { journal, recovered } = await rig.open()
    await journal.settle(recovered.intents[0]!.id, () => ({ operations: [] }))
    await journal.close()
    await rig.tamper((level) => level.put(key!, value!, encodings))
    await gap(rig, 'intent-missing')
  })

  check('a journal without its state is refused', async (rig) => {
    await makeStore(rig)
    await rig.tamper((level) => level.del('meta', encodings))
    await gap(rig, 'meta-missing')
  })

  check('a database that is older than its anchor is refused', async (rig) => {
    await makeStore(rig)
    let before: [string, Uint8Array][] = []
    await rig.tamper(async (level) => {
      before = await level.iterator<string, Uint8Array>(encodings).all()
    })
    const { journal } = await rig.open()
    await journal.checkpoint(journal.lastSequence, checkpointOf)
    await journal.close()
    await rig.tamper(async (level) => {
      for (const [key, value] of before) await level.put(key, value, encodings)
    })
    await gap(rig, 'older-than-anchor')
  })

  check('an anchor that is missing, damaged or unexpected is refused', async (rig) => {
    await makeStore(rig)
    await refused(() => rig.open({ fresh: true }), 'JOURNAL_GAP')
    const file = await rig.disk.openRead(rig.anchorPath)
    const whole = await file!.read(0, await file!.size())
    await file!.close()
    await replaceWhole(rig.disk, rig.anchorPath, flipped(Uint8Array.from(whole)))
    await gap(rig, 'anchor-damaged')
    await rig.disk.unlink(rig.anchorPath)
    await gap(rig, 'anchor-missing')
    await replaceWhole(rig.disk, rig.anchorPath, whole)
    const { journal, recovered } = await rig.open()
    assert.deepEqual(
      recovered.groups.map(({ sequence }) => sequence),
      [3, 4, 5],
    )
    await journal.close()
  })

  check('a flipped bit is noticed in the state, in a group and in an intent', async (rig) => {
    const { groups, intents } = await makeStore(rig)
    for (const key of ['meta', groups[1]!, intents[1]!]) {
      await rig.rewrite(key, flipped)
      const { detail } = await refused(() => rig.open(), 'LEVEL_DAMAGED')
      assert.equal(detail?.key, key)
      await rig.rewrite(key, flipped)
    }
    const { journal } = await rig.open()
    await journal.close()
  })

  check('every bit of a group counts', async (rig) => {
    const { groups } = await makeStore(rig)
    let bytes = 0
    await rig.rewrite(groups[0]!, (value) => {
      bytes = value.length
      return value
    })
    for (let at = 0; at < bytes; at += 1) {
      const flip = (value: Uint8Array): Uint8Array => {
        value[at]! ^= 1 << (at % 8)
        return value
      }
      await rig.rewrite(groups[0]!, flip)
      await refused(() => rig.open(), 'LEVEL_DAMAGED')
      await rig.rewrite(groups[0]!, flip)
    }
    assert(bytes > 20)
  })

  check('a row that changed, or that belongs elsewhere, is an error at its read', async (rig) => {
    await makeStore(rig)
    let other: Uint8Array | undefined
    await rig.rewrite('t/2', (value) => {
      other = Uint8Array.from(value)
      return value
    })
    for (const change of [flipped, () => other!, () => Buffer.from('x')]) {
      let before: Uint8Array | undefined
      await rig.rewrite('t/1', (value) => {
        before = Uint8Array.from(value)
        return change(value)
      })
      const { journal } = await rig.open()
      const { detail } = await refused(() => journal.get('t/1'), 'LEVEL_DAMAGED')
      assert.equal(detail?.key, 't/1')
      await refused(() => journal.page({ gt: 't/' }), 'LEVEL_DAMAGED')
      assert.equal(textOf(await journal.get('t/2')), 'two')
      await journal.close()
      await rig.rewrite('t/1', () => before!)
    }
  })

  check('keys that the journal never writes are noticed in its key spaces', async (rig) => {
    await makeStore(rig)
    for (const key of ['j/x', 'i/x']) {
      await rig.tamper((level) => level.put(key, Buffer.from('foreign'), encodings))
      await refused(() => rig.open(), 'LEVEL_DAMAGED')
      await rig.tamper((level) => level.del(key, encodings))
    }
  })
}
