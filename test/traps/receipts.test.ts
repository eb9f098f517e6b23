// A receipt outlives what it is about. So its reason may not repeat that, and nothing in it may be changed, moved to
// another delete, or made by somebody else's key without being found out.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { type Receipt, repairStore, type ThreadStore, verifyReceipt } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { canaryOf, open, refusal, say, scratch, textsOf } from './store.fixture.js'

const a = testId(1)
const b = testId(2)
const c = testId(3)

async function filled(): Promise<{ root: string; store: ThreadStore }> {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  for (const id of [a, b, c]) {
    await store.createThread({ threadId: id, cwd: `/home/someone/${id}`, name: `name of ${id}` })
  }
  return { root, store }
}

describe('the reason of a delete repeats what is deleted', () => {
  const sentence = 'the password of the staging database is hunter2, do not tell anybody'
  const odd = 'line one\nline "two" \\ with ünïcödé and ☠ and more of it'
  const refused: [string, string][] = [
    ['the name', `name of ${a}`],
    ['the name within other words', `user asked to drop name of ${a} today`],
    ['the working directory', `cleanup of /home/someone/${a}`],
    ['a whole message', sentence],
    ['a part of a message within other words', `because ${sentence.slice(4, 50)} was said`],
    ['a message with characters that JSON escapes', odd],
    ['a part of such a message within other words', `see: ${odd.slice(5)} (sic)`],
    ['more than 200 characters', 'x'.repeat(201)],
  ]
  for (const [title, reason] of refused) {
    it(`${title}: refused, and nothing is deleted`, async () => {
      const { store } = await filled()
      await store.appendItems(a, [say(sentence), say(odd)])
      await refusal(store.deleteThread(a, { reason }), 'REASON_REFUSED')
      expect(await textsOf(store, a)).toEqual([sentence, odd])
      expect((await store.deleteThread(a, { reason: 'GDPR request 4711' })).state).toBe('deleted')
    })
  }

  it('says in its error nothing of the text either', async () => {
    const { store } = await filled()
    await store.appendItems(a, [say(canaryOf('secret'))])
    const error = await refusal(
      store.deleteThread(a, { reason: canaryOf('secret') }),
      'REASON_REFUSED',
    )
    expect(JSON.stringify([error.message, error.detail])).not.toContain('secret-canary')
  })
})

describe('a receipt is forged', () => {
  async function receipts(): Promise<{ root: string; store: ThreadStore; of: Receipt[] }> {
    const { root, store } = await filled()
    const of: Receipt[] = []
    for (const id of [a, b, c]) of.push((await store.deleteThread(id)).receipt!)
    return { root, store, of }
  }

  const ok = (receipt: unknown, key: string): boolean => verifyReceipt(receipt, key).ok

  it('the true ones verify, and say whether the key was pinned', async () => {
    const { store, of } = await receipts()
    for (const receipt of of) {
      expect(verifyReceipt(receipt, store.publicKey)).toEqual({
        ok: true,
        problems: [],
        trust: 'pinned',
      })
      expect(verifyReceipt(JSON.parse(JSON.stringify(receipt))).trust).toBe('embedded')
    }
  })

  it('any one value that is changed is found out, at every depth', async () => {
    const { store, of } = await receipts()
    let tried = 0
    const visit = (value: unknown, change: (next: unknown) => unknown): void => {
      const forgeries: unknown[] =
        typeof value === 'string'
          ? [`${value}x`, value.slice(0, -1), '']
          : typeof value === 'number'
            ? [value + 1, -1]
            : typeof value === 'boolean'
              ? [!value]
              : value === null
                ? [0, 'text']
                : Array.isArray(value)
                  ? [[...value, value[0] ?? 'more'], value.slice(1)].filter(
                      (next) => JSON.stringify(next) !== JSON.stringify(value),
                    )
                  : [{ ...(value as object), more: 1 }]
      for (const forged of forgeries) {
        if (JSON.stringify(forged) === JSON.stringify(value)) continue
        tried += 1
        expect(ok(change(forged), store.publicKey)).toBe(false)
      }
      if (Array.isArray(value)) {
        value.forEach((one, index) => {
          visit(one, (next) => change(value.with(index, next)))
        })
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, one] of Object.entries(value)) {
          visit(one, (next) => change({ ...value, [key]: next }))
          const { [key]: _, ...rest } = value as Record<string, unknown>
          tried += 1
          expect(ok(change(rest), store.publicKey)).toBe(false)
        }
      }
    }
    visit(of[1], (next) => next)
    expect(tried).toBeGreaterThan(150)
  })

  it('parts of one receipt in another, all of them or each alone, do not verify', async () => {
    const { store, of } = await receipts()
    const [one, two] = of as [Receipt, Receipt]
    let tried = 0
    for (const key of Object.keys(one) as (keyof Receipt)[]) {
      if (JSON.stringify(one[key]) === JSON.stringify(two[key])) continue
      tried += 1
      expect(ok({ ...one, [key]: two[key] }, store.publicKey)).toBe(false)
    }
    for (const key of Object.keys(one.log) as (keyof Receipt['log'])[]) {
      if (JSON.stringify(one.log[key]) === JSON.stringify(two.log[key])) continue
      tried += 1
      expect(ok({ ...one, log: { ...one.log, [key]: two.log[key] } }, store.publicKey)).toBe(false)
    }
    expect(tried).toBeGreaterThan(8)
    expect(ok({ ...one, log: two.log, signature: two.signature }, store.publicKey)).toBe(false)
  })

  it('another store’s key: a whole receipt of its own verifies only where no key is pinned', async () => {
    const { store } = await filled()
    const other = await receipts()
    const theirs = other.of[0]!
    expect(verifyReceipt(theirs)).toEqual({ ok: true, problems: [], trust: 'embedded' })
    expect(ok(theirs, store.publicKey)).toBe(false)
    expect(ok({ ...theirs, publicKey: store.publicKey }, store.publicKey)).toBe(false)
  })

  it('signed anew with another key that it names itself: the pinned key does not take it', async () => {
    const { store, of } = await receipts()
    const pair = generateKeyPairSync('ed25519')
    const raw = createPublicKey(pair.privateKey).export({ format: 'jwk' }).x!
    const publicKey = Buffer.from(raw, 'base64url').toString('base64')
    const { signature: _, ...body } = { ...of[0]!, publicKey }
    const text = JSON.stringify(body)
    const key = createPrivateKey(pair.privateKey.export({ format: 'pem', type: 'pkcs8' }))
    const forged = { ...body, signature: sign(null, Buffer.from(text), key).toString('base64') }
    expect(ok(forged, store.publicKey)).toBe(false)
  })

  it('in the store’s own folder: verify finds it, reading does not give it, and repair kills nobody for it', async () => {
    const { root, store } = await filled()
    await store.appendItems(b, [say('alive')])
    const receipt = (await store.deleteThread(a)).receipt!
    await store.close()
    const folder = path.join(root, '.cenotaph', 'receipts')
    const [name] = readdirSync(folder)
    const file = path.join(folder, name!)
    const text = readFileSync(file).toString()
    writeFileSync(file, text.replaceAll(a, b))
    const again = await open(root)
    const { problems } = await again.verify()
    expect(problems.map(({ code }) => code)).toContain('RECEIPT_INVALID')
    expect((await again.deleteThread(a)).receipt).toEqual(receipt)
    await again.close()
    // Not even where the tombstones are lost too, and receipts are all that is left.
    writeFileSync(path.join(root, '.cenotaph', 'tombstones'), 'rubbish')
    await refusal(open(root), 'TOMBSTONES_DAMAGED')
    await repairStore(root, { ballastBytes: 4096 })
    expect(await textsOf(await open(root), b)).toEqual(['alive'])
  })
})
