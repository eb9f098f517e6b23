import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Command, itemLine } from './command.fixture.js'

const secret = 'hunter2-swordfish-0815-and-more'

interface Redaction {
  state: string
  planId: string | null
  threadIds: string[]
  redacted: { threadId: string; from: number; to: number }[]
  lines: { ordinal: number; type: string; bytes: number }[]
  receipt: { receiptId: string; redaction: { lengthsStay: boolean } } | null
}

const command = new Command()
afterAll(() => command.remove())
beforeAll(async () => {
  await command.json(['create', '--name', 'Harbour'])
  const items = [itemLine('hello'), itemLine(secret), itemLine('bye')].join('')
  await command.json(['append', 'Harbour'], { input: items })
})

const words = ['redact', 'Harbour', '--ordinals', '2', '--reason', 'ticket 88']

/** Files under the root that hold the secret; the lock is never opened. */
function filesWithSecret(folder = command.root): string[] {
  return readdirSync(folder).flatMap((name) => {
    const full = path.join(folder, name)
    if (statSync(full).isDirectory()) return filesWithSecret(full)
    return name !== 'LOCK' && readFileSync(full).includes(secret) ? [full] : []
  })
}

describe('redact', () => {
  it('wants ordinals that it can read, a reason, and consent', async () => {
    for (const wrong of [
      ['redact', 'Harbour', '--reason', 'r', '-y'],
      ['redact', 'Harbour', '--ordinals', '2', '-y'],
      ['redact', 'Harbour', '--ordinals', '3-1', '--reason', 'r', '-y'],
      ['redact', 'Harbour', '--ordinals', 'two', '--reason', 'r', '-y'],
      ['redact', 'Harbour', '--ordinals', '-1', '--reason', 'r', '-y'],
      words,
    ])
      expect(await command.failure(wrong)).toMatchObject({ status: 2, code: 'ARGUMENT_INVALID' })
    expect(filesWithSecret()).not.toEqual([])
  })

  it('shows its plan without the text, and redacts only the plan that was expected', async () => {
    const plan = await command.json<Redaction>([...words, '--dry-run'])
    expect(plan).toMatchObject({ state: 'planned', receipt: null })
    expect(plan.lines).toMatchObject([{ ordinal: 2, type: 'response_item' }])
    const shown = await command.run([...words, '--dry-run'])
    expect(shown.stdout).toContain('response_item message')
    expect(shown.stdout).toContain(`plan ${plan.planId}`)
    expect(shown.stdout + JSON.stringify(plan)).not.toContain(secret)
    const other = await command.failure([...words, '-y', '--expect-plan', '0'.repeat(32)])
    expect(other).toMatchObject({ status: 1, code: 'PLAN_CHANGED' })
  })

  it('takes the text out of every file and prints the receipt', async () => {
    const done = await command.json<Redaction>([...words, '--yes'])
    expect(done).toMatchObject({ state: 'deleted', redacted: [{ from: 2, to: 2 }] })
    expect(done.receipt?.redaction.lengthsStay).toBe(true)
    expect(filesWithSecret()).toEqual([])
    const read = await command.run(['read', 'Harbour'])
    expect(read.stdout).toContain('hello')
    expect(read.stdout).toContain('bye')
    expect(read.stdout).not.toContain(secret)
    const { stdout } = await command.run(['receipt', done.receipt!.receiptId])
    expect(stdout).toMatch(/redacted lines\s+2/)
    const { receipts } = await command.json<{ receipts: { receiptId: string }[] }>(['receipts'])
    expect(receipts.map((one) => one.receiptId)).toEqual([done.receipt!.receiptId])
    expect(await command.json(['verify'])).toMatchObject({ ok: true })
  })

  it('refuses lines that are not there or that it may not take', async () => {
    const missing = await command.failure([...words, '-y', '--ordinals', '7-9'])
    expect(missing).toMatchObject({ status: 1, code: 'ORDINAL_NOT_FOUND' })
    expect(missing.detail.ordinals).toEqual([7, 8, 9])
    const meta = await command.failure([...words, '-y', '--ordinals', '0'])
    expect(meta).toMatchObject({ status: 1, code: 'REDACTION_REFUSED' })
  })
})
