import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, codexHome, itemLine } from './command.fixture.js'

interface Deletion {
  state: string
  planId: string | null
  threadIds: string[]
  alreadyDeleted: { threadId: string; receiptId: string }[]
  forks: string[]
  files: number
  pending: { step: string; reason: string; nextTry: string | null }[]
  receipt: { receiptId: string; publicKey: string; items: number } | null
}

const deletionKeys = [
  'state',
  'planId',
  'threadIds',
  'alreadyDeleted',
  'forks',
  'forksByCopy',
  'held',
  'live',
  'spared',
  'wouldRefuse',
  'bytes',
  'files',
  'deleteAfter',
  'pending',
  'receipt',
]

const command = new Command()
afterAll(() => command.remove())
beforeAll(async () => {
  await command.json(['import', codexHome])
})

const failingUnlink = fileURLToPath(new URL('failing-unlink.fixture.mjs', import.meta.url))

describe('delete', () => {
  it('refuses without a terminal and without consent, and does nothing', async () => {
    const refused = await command.failure(['delete', 'Weekly chart'])
    expect(refused).toMatchObject({ status: 2, code: 'ARGUMENT_INVALID' })
    expect(await command.json(['status', 'Weekly chart'])).toMatchObject({ state: 'active' })
  })

  it('plans with --dry-run, and deletes only the plan that was expected', async () => {
    const plan = await command.json<Deletion>(['delete', 'Heron account audit', '--dry-run'])
    expect(Object.keys(plan)).toEqual(deletionKeys)
    expect(plan).toMatchObject({ state: 'planned', files: 3, receipt: null, pending: [] })
    expect(plan.threadIds).toHaveLength(3)
    const words = ['delete', 'Heron account audit', '-y', '--expect-plan']
    const changed = await command.failure([...words, '0'.repeat(32)])
    expect(changed).toMatchObject({ status: 1, code: 'PLAN_CHANGED' })
    const deleted = await command.json<Deletion>([...words, plan.planId!])
    expect(Object.keys(deleted)).toEqual(deletionKeys)
    expect(deleted).toMatchObject({ state: 'deleted', planId: plan.planId, files: 3, pending: [] })
    expect(deleted.threadIds).toEqual(plan.threadIds)
  })

  it('answers a repeat with the receipt that the thread has', async () => {
    const { receipts } = await command.json<{ receipts: NonNullable<Deletion['receipt']>[] }>([
      'receipts',
    ])
    const [receipt] = receipts
    const { threadIds } = receipts[0] as unknown as { threadIds: string[] }
    const again = await command.json<Deletion>(['delete', threadIds[0]!, '--force'])
    expect(again).toMatchObject({
      state: 'deleted',
      receipt,
      alreadyDeleted: [{ threadId: threadIds[0], receiptId: receipt!.receiptId }],
    })
    expect(await command.json(['status', threadIds[1]!])).toMatchObject({
      state: 'deleted',
      receiptId: receipt!.receiptId,
      deletedAt: expect.any(String),
    })
    const read = await command.failure(['read', threadIds[0]!])
    expect(read).toMatchObject({
      status: 1,
      code: 'THREAD_DELETED',
      detail: { receiptId: receipt!.receiptId },
    })
    const name = await command.failure(['delete', 'Heron account audit', '-y'])
    expect(name).toMatchObject({ status: 1, code: 'THREAD_NOT_FOUND' })
  })

  it('verifies its receipt offline, pinned to a key or to the one in it', async () => {
    const { receipts } = await command.json<{ receipts: NonNullable<Deletion['receipt']>[] }>([
      'receipts',
    ])
    const receipt = await command.json<NonNullable<Deletion['receipt']>>([
      'receipt',
      receipts[0]!.receiptId,
    ])
    expect(receipt).toEqual(receipts[0])
    const inFolder = (name: string, text: string): string => {
      writeFileSync(path.join(command.folder, name), text)
      return name
    }
    const file = inFolder('receipt.json', JSON.stringify(receipt))
    const keyFile = inFolder('key.txt', `${receipt.publicKey}\n`)
    const forged = inFolder('forged.json', JSON.stringify({ ...receipt, items: receipt.items + 1 }))
    const elsewhere = { env: { CENOTAPH_ROOT: path.join(command.folder, 'no-store') } }
    const words = ['receipt', 'verify']
    const embedded = await command.json([...words, file], elsewhere)
    expect(embedded).toEqual({ ok: true, problems: [], trust: 'embedded' })
    for (const key of [receipt.publicKey, keyFile]) {
      const pinned = await command.json([...words, file, '--key', key], elsewhere)
      expect(pinned).toEqual({ ok: true, problems: [], trust: 'pinned' })
    }
    const refused = await command.run([...words, forged, '--json'], elsewhere)
    expect(refused.status).toBe(1)
    expect(JSON.parse(refused.stdout)).toMatchObject({ ok: false, trust: 'embedded' })
    expect((await command.run([...words, file, '--key', `${'A'.repeat(43)}=`])).status).toBe(1)
    expect((await command.run([...words, file, '--key', file])).status).toBe(2)
    expect((await command.run([...words, 'missing.json'])).status).toBe(2)
    expect(readdirSync(command.folder)).not.toContain('no-store')
    expect(await command.failure(['receipt', '01M7YH9JX7S9EBXQXJ8D0SK0QM'])).toMatchObject({
      status: 1,
      code: 'RECEIPT_NOT_FOUND',
    })
  })

  it('refuses while forks refer to the thread, and keeps them with --forks detach', async () => {
    const base = 'Fix the tide rounding'
    const refused = await command.failure(['delete', base, '-y'])
    expect(refused).toMatchObject({ status: 1, code: 'THREAD_HAS_FORKS' })
    await command.json(['fork', base, '--copy', '--name', 'rounding, by itself'])
    const plan = await command.run(['delete', base, '--dry-run'])
    expect(plan.stdout).toMatch(/rounding, by itself \(by copy\)\n/)
    expect(plan.stdout).toMatch(/Spring tides, second idea\n/)
    const before = await command.run(['read', 'Spring tides, second idea'])
    const words = ['delete', base, '-y', '--forks', 'detach', '--reason', 'no longer needed']
    const deleted = await command.json<Deletion>(words)
    expect(deleted).toMatchObject({ state: 'deleted', receipt: { reason: 'no longer needed' } })
    expect(deleted.forks).toHaveLength(2)
    const after = await command.run(['read', 'Spring tides, second idea'])
    const inherited = (text: string): string[] => text.split('\n').slice(1, 27)
    expect(inherited(after.stdout)).toEqual(inherited(before.stdout))
    expect(inherited(after.stdout)[0]).toContain('"ordinal":1')
    expect(await command.run(['verify'])).toMatchObject({ status: 0 })
  })

  it('says with status 3 that steps remain, and finishes with retry', async () => {
    const { threadId } = await command.json<{ threadId: string }>(['create', '--name', 'stuck'])
    await command.json(['append', threadId], { input: itemLine('left behind for a while') })
    const env = { NODE_OPTIONS: `--import=${failingUnlink}` }
    const stuck = await command.run(['delete', threadId, '-y', '--json'], { env })
    expect(stuck.status).toBe(3)
    const document = JSON.parse(stuck.stdout) as Deletion
    expect(Object.keys(document)).toEqual(deletionKeys)
    expect(document).toMatchObject({ state: 'erasing', receipt: null, threadIds: [threadId] })
    expect(document.pending[0]).toMatchObject({ step: 'delete.unlink' })
    expect(Object.keys(document.pending[0]!)).toEqual([
      'step',
      'reason',
      'nextTry',
      'attempts',
      'participants',
    ])
    const again = await command.run(['retry', threadId, '--json'], { env })
    expect(again.status).toBe(3)
    expect((await command.run(['read', threadId], { env })).status).toBe(1)
    const done = await command.json<Deletion>(['delete', threadId, '-y'])
    expect(done).toMatchObject({ state: 'deleted', receipt: { state: 'erased' } })
    const left = readdirSync(command.root, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.jsonl') || name.endsWith('.log'))
      .filter((name) => readFileSync(path.join(command.root, name)).includes('left behind for'))
    expect(left).toEqual([])
  })
})
