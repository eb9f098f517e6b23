import { describe, expect, it } from 'vitest'
import { message, withStore } from '../store.fixture.js'
import { signLogHead, verifyLogHead } from './log-head.js'
import { leavesOf, logOf } from './merkle.fixture.js'
import { bodyOf, keyOf, seal } from './receipt.fixture.js'
import { verifyReceipt } from './verify-receipt.js'

const facts = { storeId: 'a'.repeat(32), epoch: 1, at: '2026-03-04T05:06:07.000Z' }

async function headOf(size: number, fromSize?: number, seed = 1) {
  const { log } = await logOf(leavesOf(size))
  return signLogHead(log, facts, await keyOf(seed), fromSize)
}

describe('a head of the event log', () => {
  it('verifies by itself, pinned and embedded', async () => {
    const head = await headOf(7)
    const { publicKey } = await keyOf(1)
    expect(verifyLogHead(head)).toEqual({ ok: true, problems: [], trust: 'embedded' })
    expect(verifyLogHead(head, { publicKey })).toEqual({ ok: true, problems: [], trust: 'pinned' })
    const other = (await keyOf(2)).publicKey
    expect(verifyLogHead(head, { publicKey: other }).ok).toBe(false)
  })

  it('proves that the log only grew, between any two sizes', async () => {
    for (let from = 0; from <= 17; from += 1) {
      const since = await headOf(from)
      for (let to = from; to <= 17; to += 1) {
        const head = await headOf(to, from)
        expect(verifyLogHead(head, { since }).problems).toEqual([])
      }
    }
  })

  it('shows a rewritten log, a missing proof, another epoch and the wrong order', async () => {
    const since = await headOf(5)
    const head = await headOf(9, 5)
    const rewritten = { ...since, rootHash: 'ab'.repeat(32) }
    const cases = [
      verifyLogHead(head, { since: rewritten }),
      verifyLogHead(await headOf(9), { since }),
      verifyLogHead(await headOf(9, 4), { since }),
      verifyLogHead(head, { since: { ...since, epoch: 2 } }),
      verifyLogHead(since, { since: head }),
    ]
    for (const { ok, problems } of cases) {
      expect(ok).toBe(false)
      expect(problems.every((text) => text.startsWith('log: '))).toBe(true)
    }
  })

  it('fails with any changed member, and never throws', async () => {
    const since = await headOf(5)
    const head = await headOf(9, 5)
    for (const [name, value] of Object.entries(head)) {
      const changed = typeof value === 'number' ? value + 1 : name === 'consistency' ? null : 'x'
      expect(verifyLogHead({ ...head, [name]: changed }, { since }).ok, name).toBe(false)
    }
    for (const input of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      { ...head, consistency: { fromSize: 5 } },
    ])
      expect(verifyLogHead(input).ok).toBe(false)
  })

  it('ties a receipt to a later head, and convicts a log that forgot it', async () => {
    const key = await keyOf(1)
    const receipt = await seal(key, bodyOf(key), { position: 4 })
    // A log with another leaf in the receipt's place, signed by the same key.
    const { log } = await logOf(leavesOf(9))
    const forgetful = await signLogHead(log, { ...facts, epoch: 0 }, key, 5)
    const { problems } = verifyReceipt(receipt, key.publicKey, forgetful)
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(/^log: /)
    const verdict = verifyReceipt(receipt, key.publicKey, 'no head')
    expect(verdict.problems[0]).toMatch(/^head: /)
  })

  it('comes from a store, for a receipt and for an earlier head', async () => {
    await withStore(async (store) => {
      const before = await store.logHead()
      const id = await store.createThread({ name: 'one' })
      await store.appendItems(id, [message('hello')])
      const { receipt } = await store.deleteThread(id)
      await store.createThread({ name: 'two' })
      const after = await store.logHead(receipt!.log)
      expect(verifyReceipt(receipt, store.publicKey, after)).toEqual({
        ok: true,
        problems: [],
        trust: 'pinned',
      })
      expect(verifyReceipt(receipt, store.publicKey, await store.logHead(before)).ok).toBe(false)
      const since = verifyLogHead(await store.logHead(before), {
        publicKey: store.publicKey,
        since: before,
      })
      expect(since).toEqual({ ok: true, problems: [], trust: 'pinned' })
      const wrong = { epoch: before.epoch, treeSize: 10_000, rootHash: before.rootHash }
      await expect(store.logHead(wrong)).rejects.toMatchObject({ code: 'ARGUMENT_INVALID' })
    })
  })
})
