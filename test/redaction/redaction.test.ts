// A secret that was pasted by mistake is gone from every file, wherever it had got to, and everything around it stays.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { verifyReceipt } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { writeCompressedSource } from '../support/rollout-source.js'
import { testId } from '../support/thread-ids.js'
import {
  foreignText,
  open,
  refusal,
  rolloutOf,
  rolloutsOf,
  say,
  scratch,
  writeForeign,
} from '../traps/store.fixture.js'
import {
  expectRedacted,
  filesWith,
  fork,
  linesOf,
  newSecret,
  thread,
  withSecret,
} from './redact.fixture.js'

describe('redactItems', () => {
  it('takes a pasted secret out of every file, and keeps the line, its length and its place', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    const before = await linesOf(store, thread)
    const bytesBefore = readFileSync(rolloutOf(root, thread))
    expect(await filesWith(root, secret)).not.toEqual([])
    const result = await store.redactItems(thread, [2], 'pasted by mistake')
    expect(result.state).toBe('deleted')
    expect(result.redacted).toEqual([{ threadId: thread, from: 2, to: 2 }])
    expect(await filesWith(root, secret)).toEqual([])
    const lines = await linesOf(store, thread)
    expectRedacted(lines[2]!, before[2]!)
    expect(lines.filter((_, index) => index !== 2)).toEqual(before.filter((_, i) => i !== 2))
    expect(readFileSync(rolloutOf(root, thread)).length).toBe(bytesBefore.length)
    expect((await store.readThread(thread))?.preview).toBe('hello')
    expect((await store.verify()).problems).toEqual([])
  })

  it('gives a receipt that verifies, says what it took, and is found again', async () => {
    const { store } = await withSecret(newSecret())
    const { receipt } = await store.redactItems(thread, [{ from: 1, to: 2 }], 'asked for')
    expect(receipt?.redaction).toMatchObject({
      ordinals: [{ threadId: thread, from: 1, to: 2 }],
      lengthsStay: true,
    })
    expect(receipt).toMatchObject({ state: 'erased', threadIds: [thread], items: 2 })
    expect(receipt?.verification).toMatchObject({ mode: 'probes', residue: 0 })
    expect(receipt?.steps.map((step) => step.name)).toEqual([
      'redact.rewrite',
      'redact.scrub',
      'redact.verify',
      'redact.receipt',
    ])
    expect(verifyReceipt(receipt, store.publicKey)).toMatchObject({ ok: true, problems: [] })
    expect(await store.readReceipt(receipt!.receiptId)).toEqual(receipt)
    const forged = {
      ...receipt,
      redaction: { ...receipt!.redaction, ordinals: [{ threadId: thread, from: 1, to: 9 }] },
    }
    expect(verifyReceipt(forged, store.publicKey).ok).toBe(false)
  })

  it('is gone after a reopen, and the thread goes on: ordinals, appends, idempotency', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    const items = [say(`again ${secret}`)]
    const first = await store.appendItems(thread, items, { idempotencyKey: 'k' })
    await store.redactItems(thread, [2, 4], 'asked for')
    const repeat = await store.appendItems(thread, items, { idempotencyKey: 'k' })
    expect(repeat).toEqual(first)
    await store.appendItems(thread, [say('after')], { expectedOrdinal: 5 })
    await store.close()
    const again = await open(root)
    expect((await linesOf(again, thread)).length).toBe(6)
    expect(await filesWith(root, secret)).toEqual([])
    expect((await again.verify()).problems).toEqual([])
  })

  it('takes the last line, in an archived thread too', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.appendItems(thread, [say(secret)])
    await store.archiveThreads([thread])
    await store.redactItems(thread, [2, 4], 'asked for')
    expect(await filesWith(root, secret)).toEqual([])
    await store.unarchiveThreads([thread])
    await store.appendItems(thread, [say('after')], { expectedOrdinal: 5 })
    expect((await store.verify()).problems).toEqual([])
  })

  it('redacts a compressed rollout in its own form', async () => {
    const secret = newSecret()
    const source = await writeCompressedSource(path.join(scratch(), 'source'), {
      threadId: thread,
      cwd: '/work/here',
      messages: [`first ${secret}`, 'second'],
    })
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.importRollouts([source])
    const before = await linesOf(store, thread)
    await store.redactItems(thread, [1], 'asked for')
    expect(rolloutOf(root, thread).endsWith('.zst')).toBe(true)
    const lines = await linesOf(store, thread)
    expectRedacted(lines[1]!, before[1]!)
    expect(lines[2]).toBe(before[2])
    expect(await filesWith(root, secret)).toEqual([])
    await store.appendItems(thread, [say('plain again')])
    expect((await linesOf(store, thread)).slice(0, 3)).toEqual(lines)
    expect(await filesWith(root, secret)).toEqual([])
    expect((await store.readThread(thread))?.preview).toBe('second')
  })

  it('redacts an inherited line where it is, and its fork keeps its place in it', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.forkThread(thread, { newThreadId: fork })
    await store.appendItems(fork, [say('own')])
    const before = await linesOf(store, fork)
    const result = await store.redactItems(fork, [2], 'asked for')
    expect(result.threadIds).toEqual([thread])
    expect(await filesWith(root, secret)).toEqual([])
    for (const id of [thread, fork]) expectRedacted((await linesOf(store, id))[2]!, before[2]!)
    expect((await linesOf(store, fork)).slice(3)).toEqual(before.slice(3))
    for (const id of [thread, fork]) expect((await store.readThread(id))?.preview).toBe('hello')
    expect((await store.verify()).problems).toEqual([])
  })

  it('redacts the undone lines of a reverted thread, and spares its session_meta', async () => {
    const secret = newSecret()
    const first = { threadId: thread, cwd: '/work/a', messages: ['one', `two ${secret}`, secret] }
    const prefix = foreignText(first).split('\n').slice(0, 2).join('\n').length + 1
    const base = { thread_id: thread, end_ordinal_exclusive: 2, end_byte_offset: prefix }
    const later = {
      threadId: thread,
      rolloutId: testId(3),
      cwd: '/work/b',
      firstOrdinal: 2,
      meta: { history_base: base },
      messages: [`own ${secret}`, 'four'],
    }
    const folder = path.join(scratch(), 'source')
    writeForeign(folder, first)
    writeForeign(folder, later)
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.importRollouts([folder])
    await refusal(store.redactItems(thread, [0], 'asked for'), 'REDACTION_REFUSED')
    await store.redactItems(thread, [{ from: 2, to: 3 }], 'asked for')
    expect(rolloutsOf(root, thread)).toHaveLength(2)
    expect(await filesWith(root, secret)).toEqual([])
    expect((await linesOf(store, thread)).map((line) => JSON.parse(line).ordinal)).toEqual([
      0, 1, 2, 3, 4,
    ])
    expect((await store.verify()).problems).toEqual([])
  })

  it('names copies that it does not reach, and takes its text from nothing else', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.forkThread(thread, { newThreadId: fork, copy: true })
    await store.forkThread(thread, { newThreadId: testId(3), copy: true, throughOrdinal: 1 })
    const { receipt, forks } = await store.redactItems(thread, [2], 'asked for')
    expect(forks).toEqual([fork])
    expect(receipt?.survivingForks).toEqual([{ threadId: fork, kind: 'copy' }])
    expect(receipt?.verification?.shared).toBeGreaterThan(0)
    const copy = path.relative(root, rolloutOf(root, fork))
    expect((await filesWith(root, secret)).filter((file) => !file.includes('.cenotaph'))).toEqual([
      copy,
    ])
    // And the other way round: the copy's source is a holder too.
    const { forks: sources } = await store.redactItems(fork, [2], 'asked for')
    expect(sources).toEqual([])
    expect(await filesWith(root, secret)).toEqual([])
  })

  it('takes a name, events and quarantined pieces that repeat the text', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.renameThread(thread, `about ${secret}`)
    await store.renameThread(thread, `still about ${secret}`)
    const result = await store.redactItems(thread, [2], 'asked for')
    expect(result).toMatchObject({ unnamed: [thread], events: 2 })
    expect((await store.readThread(thread))?.name).toBeNull()
    expect(await filesWith(root, secret)).toEqual([])
    const payloads: string[] = []
    for await (const event of store.events()) payloads.push(JSON.stringify(event.payload))
    expect(payloads.join()).not.toContain(secret)
    expect((await store.verify()).problems).toEqual([])
  })

  it('keeps a name that the text does not give away', async () => {
    const { store } = await withSecret(newSecret())
    await store.renameThread(thread, 'holiday plans')
    await store.redactItems(thread, [2], 'asked for')
    expect((await store.readThread(thread))?.name).toBe('holiday plans')
  })

  it('shows its plan without the text, and tells of lines that repeat it', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.appendItems(thread, [say(`I said: ${secret}`)])
    const before = readFileSync(rolloutOf(root, thread))
    const plan = await store.redactItems(thread, [2], 'asked for', { dryRun: true })
    expect(plan).toMatchObject({ state: 'planned', threadIds: [thread], receipt: null })
    expect(plan.lines).toMatchObject([
      { ordinal: 2, type: 'event_msg', payloadType: 'item_completed', turnId: 'turn-1' },
    ])
    expect(plan.repeatedIn).toEqual([{ threadId: thread, ordinal: 4 }])
    expect(JSON.stringify(plan)).not.toContain(secret.slice(0, 16))
    expect(readFileSync(rolloutOf(root, thread))).toEqual(before)
    const other = { expectPlan: plan.planId! }
    await refusal(store.redactItems(thread, [4], 'asked for', other), 'PLAN_CHANGED')
    await store.redactItems(thread, [2], 'asked for', other)
    await store.redactItems(thread, [4], 'asked for')
    expect(await filesWith(root, secret)).toEqual([])
  })

  it('redacts what is redacted already, with a receipt', async () => {
    const { store } = await withSecret(newSecret())
    await store.redactItems(thread, [2], 'asked for')
    const lines = await linesOf(store, thread)
    const again = await store.redactItems(thread, [2], 'asked for')
    expect(again.state).toBe('deleted')
    expect(await linesOf(store, thread)).toEqual(lines)
  })

  it('hides the text from a reader that had begun before', async () => {
    const secret = newSecret()
    const { store } = await withSecret(secret)
    const reader = store.listItems(thread)
    await reader.next()
    await store.redactItems(thread, [2], 'asked for')
    const rest: string[] = []
    for await (const item of reader) rest.push(Buffer.from(item.line).toString())
    expect(rest).toHaveLength(3)
    expect(rest.join()).not.toContain(secret)
  })

  it('does not come back with an import of the source that it came from', async () => {
    const secret = newSecret()
    const source = { threadId: thread, cwd: '/work/a', messages: [`a ${secret}`] }
    const folder = path.join(scratch(), 'source')
    writeForeign(folder, source)
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.importRollouts([folder])
    await store.redactItems(thread, [1], 'asked for')
    writeForeign(folder, { ...source, messages: [...source.messages, 'longer'] })
    const report = await store.importRollouts([folder])
    expect(report.imported).toEqual([])
    expect(await filesWith(root, secret)).toEqual([])
  })

  it('takes lines of damaged rollouts, and spares the damage', async () => {
    const secret = newSecret()
    const folder = path.join(scratch(), 'source')
    writeForeign(folder, { threadId: thread, cwd: '/work/a', messages: ['one', secret, 'three'] })
    const file = rolloutOf(folder, thread)
    const text = readFileSync(file, 'utf8').split('\n')
    text.splice(2, 0, '{"torn":', '\0\0\0')
    writeFileSync(file, text.join('\r\n'))
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.importRollouts([folder])
    const before = readFileSync(rolloutOf(root, thread))
    await store.redactItems(thread, [2], 'asked for')
    const after = readFileSync(rolloutOf(root, thread))
    expect(after.length).toBe(before.length)
    expect(after.includes('{"torn":\r\n\0\0\0')).toBe(true)
    expect(await filesWith(root, secret)).toEqual([])
  })

  it('is deleted like any other thread afterwards, with a receipt of its own', async () => {
    const { store } = await withSecret(newSecret())
    const redaction = await store.redactItems(thread, [2], 'asked for')
    const deletion = await store.deleteThread(thread)
    expect(deletion.receipt?.receiptId).not.toBe(redaction.receipt?.receiptId)
    expect((await store.listReceipts()).map((one) => one.receiptId).sort()).toEqual(
      [redaction.receipt!.receiptId, deletion.receipt!.receiptId].sort(),
    )
    await refusal(store.redactItems(thread, [2], 'asked for'), 'THREAD_DELETED')
  })
})
