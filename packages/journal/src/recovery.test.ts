import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { seal, unseal } from './checked-value.js'
import { checkpointOf, line, Rig, text } from './journal.fixture.js'
import { groupKey, intentKey, META_KEY, type OperationId, type Sequence } from './keys.js'
import type { MetaRow } from './meta.js'

const gap = (reason: string) =>
  expect.objectContaining({ code: 'JOURNAL_GAP', detail: expect.objectContaining({ reason }) })
const damaged = (key: string) =>
  expect.objectContaining({ code: 'LEVEL_DAMAGED', detail: expect.objectContaining({ key }) })

/** A closed store: groups 1 and 2 trimmed, 3 to 5 not, two intents open. */
async function makeStore(): Promise<{ rig: Rig; ids: OperationId[] }> {
  const rig = new Rig()
  const journal = await rig.make()
  for (const name of ['a', 'b']) await journal.append(line(name, name))
  await journal.checkpoint(2 as Sequence, checkpointOf)
  for (const name of ['c', 'd', 'e']) await journal.append(line(name, name))
  const ids: OperationId[] = []
  for (const kind of ['delete', 'fork']) {
    const { id } = await journal.intend(kind, () => ({ body: Buffer.from(kind), operations: [] }))
    ids.push(id)
  }
  await journal.close()
  return { rig, ids }
}

async function rewriteMeta(rig: Rig, change: Partial<MetaRow>): Promise<void> {
  await rig.tamper(async (level) => {
    const row = JSON.parse(text(unseal(META_KEY, (await level.get(META_KEY))!))!)
    const body = Buffer.from(JSON.stringify({ ...row, ...change }))
    await level.put(META_KEY, seal(META_KEY, body), { sync: true })
  })
}

describe('recovery', () => {
  it('finds groups after the checkpoint and open intents, and changes nothing', async () => {
    const { rig, ids } = await makeStore()
    for (let time = 0; time < 2; time++) {
      const { journal, recovered } = await rig.open()
      expect(recovered.groups.map(({ sequence }) => sequence)).toEqual([3, 4, 5])
      expect(recovered.intents.map(({ id }) => id)).toEqual(ids)
      expect(recovered.anchor).toMatchObject({ sequence: 2, storeId: 'store' })
      await journal.close()
    }
  })

  it('notices a missing group at either end and in the middle', async () => {
    for (const sequence of [3, 4, 5]) {
      const { rig } = await makeStore()
      await rig.tamper((level) => level.del(groupKey(sequence), { sync: true }))
      await expect(rig.open()).rejects.toEqual(gap('group-missing'))
    }
  })

  it('notices a group that nobody vouches for', async () => {
    const { rig } = await makeStore()
    await rewriteMeta(rig, { lastSequence: 4 })
    await expect(rig.open()).rejects.toEqual(gap('group-missing'))
  })

  it('notices a missing intent, and one that came back', async () => {
    const { rig, ids } = await makeStore()
    let body: Uint8Array | undefined
    await rig.tamper(async (level) => {
      body = await level.get(intentKey(ids[0]!))
      await level.del(intentKey(ids[0]!), { sync: true })
    })
    await expect(rig.open()).rejects.toEqual(gap('intent-missing'))
    await rig.tamper((level) => level.put(intentKey(ids[0]!), body!, { sync: true }))
    const { journal } = await rig.open()
    await journal.settle(ids[0]!, () => ({ operations: [] }))
    await journal.close()
    await rig.tamper((level) => level.put(intentKey(ids[0]!), body!, { sync: true }))
    await expect(rig.open()).rejects.toEqual(gap('intent-missing'))
  })

  it('notices one intent in the place of another', async () => {
    const { rig, ids } = await makeStore()
    const other = `${ids[0]!.slice(0, 10)}${'0'.repeat(16)}` as OperationId
    await rig.tamper(async (level) => {
      const body = unseal(intentKey(ids[0]!), (await level.get(intentKey(ids[0]!)))!)
      await level.del(intentKey(ids[0]!), { sync: true })
      await level.put(intentKey(other), seal(intentKey(other), body), { sync: true })
    })
    await expect(rig.open()).rejects.toEqual(gap('intent-missing'))
  })

  it('notices an intent younger than the newest that was committed', async () => {
    const { rig } = await makeStore()
    const id = '7ZZZZZZZZZZZZZZZZZZZZZZZZZ' as OperationId
    await rig.tamper((level) =>
      level.put(intentKey(id), seal(intentKey(id), Buffer.from('')), { sync: true }),
    )
    await expect(rig.open()).rejects.toEqual(gap('intent-unknown'))
  })

  it('notices a flipped bit in every kind of value', async () => {
    const { rig, ids } = await makeStore()
    for (const key of [META_KEY, groupKey(4), intentKey(ids[1]!)]) {
      let whole: Uint8Array | undefined
      await rig.tamper(async (level) => {
        whole = await level.get(key)
        const flipped = Uint8Array.from(whole!)
        flipped[flipped.length >> 1]! ^= 4
        await level.put(key, flipped, { sync: true })
      })
      await expect(rig.open()).rejects.toEqual(damaged(key))
      await rig.tamper((level) => level.put(key, whole!, { sync: true }))
    }
    const { journal } = await rig.open()
    await journal.close()
  })

  it('notices foreign keys in its own key spaces', async () => {
    for (const key of ['j/x', 'i/x']) {
      const { rig } = await makeStore()
      await rig.tamper((level) => level.put(key, seal(key, Buffer.from('')), { sync: true }))
      await expect(rig.open()).rejects.toEqual(damaged(key))
    }
  })

  it('refuses a store whose witness is gone, damaged or ahead', async () => {
    const { rig } = await makeStore()
    await rewriteMeta(rig, { trimmed: 1 })
    await expect(rig.open()).rejects.toEqual(gap('older-than-anchor'))
    await rewriteMeta(rig, { trimmed: 2 })
    await expect(rig.open({ fresh: true })).rejects.toEqual(gap('anchor-unexpected'))
    writeFileSync(rig.anchorPath, '{"anchor":{"sequence":2,"storeTimeMs":1},"crc32":1}')
    await expect(rig.open()).rejects.toEqual(gap('anchor-damaged'))
    writeFileSync(rig.anchorPath, 'null')
    await expect(rig.open()).rejects.toEqual(gap('anchor-damaged'))
    rmSync(rig.anchorPath)
    await expect(rig.open()).rejects.toEqual(gap('anchor-missing'))
  })

  it('refuses an empty database beside an anchor, and a missing state', async () => {
    const { rig } = await makeStore()
    await rig.tamper((level) => level.del(META_KEY, { sync: true }))
    await expect(rig.open()).rejects.toEqual(gap('meta-missing'))
    rmSync(rig.folder, { recursive: true })
    await expect(rig.open()).rejects.toEqual(gap('meta-missing'))
  })

  it('refuses what a newer version wrote, in database and anchor', async () => {
    const newer = expect.objectContaining({ code: 'STORE_FORMAT_NEWER' })
    const { rig } = await makeStore()
    await rewriteMeta(rig, { formatVersion: 2 })
    await expect(rig.open()).rejects.toEqual(newer)
    writeFileSync(rig.anchorPath, '{"anchor":{"formatVersion":2,"shape":"another"}}')
    await expect(rig.open()).rejects.toEqual(newer)
  })

  it('goes on with a store whose making was cut short', async () => {
    const rig = new Rig()
    const { journal, recovered } = await rig.open({ fresh: true })
    expect(recovered).toEqual({ intents: [], groups: [], meta: undefined, anchor: undefined })
    await journal.append(line('a', 'x'))
    await journal.close()
    const { journal: again, recovered: found } = await rig.open({ fresh: true })
    expect(found.groups).toHaveLength(1)
    await again.close()
  })
})
