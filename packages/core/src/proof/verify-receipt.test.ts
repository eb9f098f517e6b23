import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { eventLeafBytes } from './event-record.js'
import { leafHash } from './hashes.js'
import { leavesOf, logOf } from './merkle.fixture.js'
import { bodyOf, keyOf, receiptThread, seal } from './receipt.fixture.js'
import {
  digestOfReceiptBody,
  eventOfReceipt,
  leafOfReceipt,
  receiptBody,
  signReceipt,
} from './receipt.js'
import type { Receipt, ReceiptBody } from './receipt-types.js'
import { prepareReceipt } from './seal-receipt.js'
import type { SigningKey } from './signing-key.js'
import { verifyReceipt } from './verify-receipt.js'

let key: SigningKey
let otherKey: SigningKey
let receipt: Receipt

beforeAll(async () => {
  key = await keyOf(1)
  otherKey = await keyOf(2)
  receipt = await seal(key, bodyOf(key))
})

/** The first words of the problems, each once. */
const kindsOf = (value: unknown, publicKey?: string): string[] => [
  ...new Set(verifyReceipt(value, publicKey).problems.map((problem) => problem.split(':')[0]!)),
]

/** A receipt whose signature and event fit what it says, as a lying holder of the key would make it. */
async function forged(change: Partial<ReceiptBody>): Promise<unknown> {
  const body = bodyOf(key, change)
  const event = receipt.log.event
  const { log } = await logOf(leavesOf(5))
  const plan = log.plan([leafHash(eventLeafBytes(eventOfReceipt(body, event, 5)))])
  const rootHash = Buffer.from(plan.rootAfter).toString('hex')
  return signReceipt({ ...body, log: { ...receipt.log, rootHash } }, key)
}

describe('sealing', () => {
  it.each([0, 1, 2, 3, 6, 7, 8, 63, 64])(
    'makes a receipt that verifies at position %i',
    async (position) => {
      const sealed = await seal(key, bodyOf(key), { position })
      expect(sealed.log).toMatchObject({ epoch: 0, position, treeSize: position + 1 })
      expect(verifyReceipt(sealed)).toEqual({ ok: true, problems: [], trust: 'embedded' })
      expect(verifyReceipt(sealed, key.publicKey)).toEqual({
        ok: true,
        problems: [],
        trust: 'pinned',
      })
      expect(verifyReceipt(JSON.parse(JSON.stringify(sealed))).ok).toBe(true)
    },
  )

  it('signs the body as it is given, and binds the event to its digest', async () => {
    const body = bodyOf(key)
    expect(receiptBody(receipt)).toEqual(body)
    const leaf = JSON.parse(Buffer.from(leafOfReceipt(receipt)).toString())
    expect(leaf).toEqual({
      ...receipt.log.event,
      commitment: digestOfReceiptBody(body),
      position: receipt.log.position,
    })
  })

  it('accepts an event about the only thread, and a delete that is not done', async () => {
    expect(verifyReceipt(await seal(key, bodyOf(key), { threadId: receiptThread })).ok).toBe(true)
    const erasing = bodyOf(key, { state: 'erasing', erasedAt: null, verification: null })
    expect(verifyReceipt(await seal(key, erasing)).ok).toBe(true)
  })

  it('refuses parts that do not fit, rather than sign them', async () => {
    const body = bodyOf(key)
    const leafOf = (one: ReceiptBody) => eventLeafBytes(eventOfReceipt(one, receipt.log.event, 5))
    const { log } = await logOf(leavesOf(5))
    const plan = log.plan([leafHash(leafOf(body))])
    const parts = { body, epoch: 0, plan, eventLeafBytes: leafOf(body), key }
    const sealing = async ({ body: one, ...place }: typeof parts) =>
      (await prepareReceipt(one)).seal(place)
    expect((await sealing(parts)).receipt).toEqual(receipt)
    const residue = { ...body.verification!, residue: 1 }
    for (const [change, code] of [
      [{ body: { ...body, items: 13 } }, 'RECEIPT_INVALID'],
      [{ body: { ...body, verification: residue } }, 'RECEIPT_INVALID'],
      [{ body: { ...body, bytes: -1 } }, 'RECEIPT_INVALID'],
      [{ body: { ...body, bytes: 0.5 } }, 'ARGUMENT_INVALID'],
      [{ eventLeafBytes: leafOf({ ...body, items: 13 }) }, 'RECEIPT_INVALID'],
      [{ plan: log.plan(leavesOf(1)) }, 'RECEIPT_INVALID'],
      [{ key: otherKey }, 'RECEIPT_INVALID'],
      [{ plan: log.plan([]) }, 'ARGUMENT_INVALID'],
      [{ eventLeafBytes: Buffer.from('{}') }, 'ARGUMENT_INVALID'],
    ] as const)
      await expect(sealing({ ...parts, ...change })).rejects.toMatchObject({ code })
  })

  it('gives the text beside the value, whatever else the body says', async () => {
    const { log } = await logOf(leavesOf(5))
    for (const extra of [{}, { extra: { deep: [1] } }, { zeta: 'ü', log2: '"', aa: null }]) {
      const body = { ...bodyOf(key), ...extra }
      const leaf = eventLeafBytes(eventOfReceipt(body, receipt.log.event, 5))
      const prepared = await prepareReceipt(body)
      expect(prepared.digest).toBe(digestOfReceiptBody(body))
      const plan = log.plan([leafHash(leaf)])
      const sealed = prepared.seal({ epoch: 0, plan, eventLeafBytes: leaf, key })
      expect(Buffer.from(sealed.json).toString()).toBe(JSON.stringify(sealed.receipt))
      expect(verifyReceipt(sealed.receipt, key.publicKey).problems).toEqual([])
    }
  })
})

describe('verifyReceipt', () => {
  it('notices every changed byte of the text', () => {
    const text = JSON.stringify(receipt)
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.integer({ min: 32, max: 126 }),
        (at, code) => {
          const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1)
          let value: unknown
          try {
            value = JSON.parse(changed)
          } catch {
            return
          }
          if (JSON.stringify(value) !== text) expect(verifyReceipt(value).ok).toBe(false)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('notices a member that is missing, added or of another type, at every depth', () => {
    for (const path of pathsOf(receipt))
      for (const replacement of [undefined, null, 'x', -1, 0.5, [], {}, true, 'x'.repeat(44)]) {
        const changed = structuredClone(receipt) as unknown as Record<string, unknown>
        const parent = path
          .slice(0, -1)
          .reduce<Record<string, unknown>>(
            (value, name) => value[name] as Record<string, unknown>,
            changed,
          )
        const name = path.at(-1)!
        if (JSON.stringify(parent[name]) === JSON.stringify(replacement)) continue
        if (replacement === undefined) delete parent[name]
        else parent[name] = replacement
        expect(verifyReceipt(changed).ok, path.join('.')).toBe(false)
      }
    expect(kindsOf({ ...receipt, extra: 1 })).toEqual(['signature', 'inclusion'])
  })

  it('accepts members that a later writer of the same version added and signed', async () => {
    const body = { ...bodyOf(key), extra: { deep: [1] } }
    const sealed = await seal(key, body)
    expect(verifyReceipt(sealed).ok).toBe(true)
    expect(kindsOf({ ...sealed, extra: {} })).toEqual(['signature', 'inclusion'])
  })

  it('says whose word it is', async () => {
    const forgery = await seal(otherKey, bodyOf(otherKey))
    expect(verifyReceipt(forgery)).toMatchObject({ ok: true, trust: 'embedded' })
    expect(kindsOf(forgery, key.publicKey)).toEqual(['key', 'signature'])
    expect(kindsOf({ ...receipt, publicKey: otherKey.publicKey })).toContain('signature')
    expect(verifyReceipt(receipt, 'no key')).toMatchObject({ ok: false, trust: 'pinned' })
    expect(verifyReceipt(receipt, '')).toMatchObject({ ok: false, trust: 'pinned' })
  })

  it('rejects a place in the log that is not this receipt’s, though signed', () => {
    const { signature: _, ...unsigned } = receipt
    const log = unsigned.log
    for (const change of [
      { position: 4 },
      { treeSize: 7 },
      { rootHash: '00'.repeat(32) },
      { inclusionProof: log.inclusionProof.slice(1) },
      { inclusionProof: [...log.inclusionProof].reverse() },
      { event: { ...log.event, at: log.event.at + 1 } },
      { event: { ...log.event, type: 'threads.archived' } },
      { event: { ...log.event, threadId: receiptThread } },
    ])
      expect(kindsOf(signReceipt({ ...unsigned, log: { ...log, ...change } }, key))).toEqual([
        'inclusion',
      ])
    const otherEpoch = signReceipt({ ...unsigned, log: { ...log, epoch: 1 } }, key)
    expect(verifyReceipt(otherEpoch).ok).toBe(true)
    expect(kindsOf({ ...receipt, log: { ...log, epoch: 1 } })).toEqual(['signature'])
  })

  it.each<[string, (body: ReceiptBody) => Partial<ReceiptBody>]>([
    ['residue', (b) => ({ verification: { ...b.verification!, residue: 1 } })],
    ['no verification', () => ({ verification: null })],
    ['no time of erasure', () => ({ erasedAt: null })],
    ['a step to do', (b) => ({ steps: [{ ...b.steps[0]!, outcome: 'pending' }] })],
    ['a step that failed', (b) => ({ steps: [{ ...b.steps[0]!, outcome: 'failed' }] })],
    ['a participant missing', () => ({ participants: [{ name: 'index', outcome: 'missing' }] })],
    ['a time of erasure too early', () => ({ erasedAt: '2026-03-04T05:06:07.009Z' })],
    ['a commit too early', () => ({ committedAt: '2026-03-04T05:06:06.999Z' })],
    ['a time of erasure while erasing', () => ({ state: 'erasing' })],
    ['no thread', () => ({ threadIds: [] })],
    ['a thread twice', () => ({ threadIds: [receiptThread, receiptThread] })],
    [
      'a thread deleted twice',
      (b) => ({ alreadyDeleted: [{ threadId: receiptThread, receiptId: b.receiptId }] }),
    ],
    [
      'a deleted fork that survives',
      () => ({ survivingForks: [{ threadId: receiptThread, kind: 'copy' }] }),
    ],
  ])('rejects %s, though signed and logged', async (_, change) => {
    expect(kindsOf(await forged(change(bodyOf(key))))).toEqual(['consistency'])
  })

  it('accepts a participant that was forgotten by a logged decision', async () => {
    const participants = [{ name: 'index', outcome: 'forgotten' as const }]
    expect(verifyReceipt(await forged({ participants })).ok).toBe(true)
  })

  it('knows one version', () => {
    expect(kindsOf({ ...receipt, version: 2 })).toEqual(['version'])
    expect(kindsOf({ version: '1' })).toEqual(['version'])
  })

  it('answers anything at all, and never throws', () => {
    const trap = new Proxy(
      {},
      {
        ownKeys: () => {
          throw new Error('trap')
        },
      },
    )
    const cycle: Record<string, unknown> = { version: 1 }
    cycle.self = cycle
    const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    for (const value of [
      undefined,
      null,
      1,
      'x',
      [],
      {},
      trap,
      cycle,
      deep,
      () => 1,
      Symbol('x'),
      1n,
    ])
      expect(verifyReceipt(value).ok).toBe(false)
    fc.assert(
      fc.property(fc.anything(), fc.string(), (value, publicKey) => {
        expect(verifyReceipt(value).ok).toBe(false)
        expect(verifyReceipt({ ...receipt, log: value, steps: value }, publicKey).ok).toBe(false)
      }),
    )
    const many = { ...receipt, threadIds: new Array(100_000).fill(0) }
    expect(verifyReceipt(many).problems.length).toBeLessThan(50)
  })
})

function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [
    [...path, name],
    ...pathsOf(member, [...path, name]),
  ])
}
