// What a redaction refuses, and what it takes beside the line: attachments, other files, quarantine.

import {
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import { open, refusal, rolloutOf, rolloutsOf, say, scratch } from '../traps/store.fixture.js'
import { filesWith, fork, linesOf, newSecret, said, thread, withSecret } from './redact.fixture.js'

describe('redactItems refuses', () => {
  it('what is not there, what it may not take, and what it cannot understand', async () => {
    const { store } = await withSecret(newSecret())
    const redact = (ordinals: unknown, reason: unknown = 'asked for', options: unknown = {}) =>
      store.redactItems(thread, ordinals as [], reason as string, options as object)
    const error = await refusal(redact([{ from: 2, to: 6 }]), 'ORDINAL_NOT_FOUND')
    expect(error.detail.ordinals).toEqual([4, 5, 6])
    await refusal(redact([0, 2]), 'REDACTION_REFUSED')
    for (const bad of [[], 'x', [-1], [1.5], [{ from: 3, to: 1 }], [null], [{}], ['1']])
      await refusal(redact(bad), 'ARGUMENT_INVALID')
    await refusal(redact([{ from: 0, to: Number.MAX_SAFE_INTEGER }]), 'ARGUMENT_INVALID')
    for (const reason of ['', ' ', 7, null, undefined])
      await refusal(store.redactItems(thread, [2], reason as string), 'ARGUMENT_INVALID')
    await refusal(redact([2], 'x'.repeat(201)), 'REASON_REFUSED')
    await refusal(redact([2], 'r', { dryRun: 'yes' }), 'ARGUMENT_INVALID')
    await refusal(redact([2], 'r', null), 'ARGUMENT_INVALID')
    await refusal(store.redactItems('nope', [2], 'r'), 'THREAD_ID_MALFORMED')
    await refusal(store.redactItems(testId(9), [2], 'r'), 'THREAD_NOT_FOUND')
  })

  it('a reason that repeats the text', async () => {
    const secret = newSecret()
    const { store } = await withSecret(secret)
    await refusal(store.redactItems(thread, [2], `the key ${secret}`), 'REASON_REFUSED')
  })

  it('a thread on hold, its own or the one that the lines are inherited from', async () => {
    const { store } = await withSecret(newSecret())
    await store.forkThread(thread, { newThreadId: fork })
    await store.holdThread(thread, 'evidence')
    for (const id of [thread, fork])
      await refusal(store.redactItems(id, [2], 'asked for'), 'THREAD_HELD')
    await store.unholdThread(thread)
    await store.redactItems(fork, [2], 'asked for')
  })

  it('a scheduled thread, and not a line that its fork inherits from it', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.forkThread(thread, { newThreadId: fork })
    await store.deleteThread(thread, { in: '30d', forks: 'detach' })
    await refusal(store.redactItems(thread, [2], 'asked for'), 'THREAD_SCHEDULED')
    await store.redactItems(fork, [2], 'asked for')
    expect(await filesWith(root, secret)).toEqual([])
    await store.restoreThreads([thread])
    expect(await linesOf(store, thread)).toHaveLength(4)
  })

  it('a rollout that another program has written to', async () => {
    const { root, store } = await withSecret(newSecret())
    await store.checkpoint()
    writeFileSync(rolloutOf(root, thread), '{"foreign":1}\n', { flag: 'a' })
    await refusal(store.redactItems(thread, [2], 'asked for'), 'ROLLOUT_CHANGED')
  })
})

describe('what else a thread holds', () => {
  it('attachments that repeat the text go, whole, and the others stay', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    const attachments = store.attachments(thread)
    await attachments.put('notes', 'one', { text: `remember ${secret}` })
    await attachments.put('notes', 'two', Buffer.from(`binary ${secret.slice(5, 40)}`))
    await attachments.put('notes', 'three', { text: 'water the roses' })
    await attachments.put('notes', `named ${secret}`, { text: 'harmless' })
    const plan = await store.redactItems(thread, [2], 'asked for', { dryRun: true })
    expect(plan.attachments).toBe(3)
    const { receipt } = await store.redactItems(thread, [2], 'asked for')
    expect(receipt?.redaction?.attachments).toBe(3)
    expect(await filesWith(root, secret)).toEqual([])
    expect(await attachments.get('notes', 'one')).toBeUndefined()
    expect(await attachments.get('notes', 'three')).toBeDefined()
    await attachments.put('notes', 'one', { text: 'again' })
    await store.close()
    const again = await open(root)
    expect(await again.attachments(thread).get('notes', 'one')).toBeDefined()
    expect((await again.verify()).problems).toEqual([])
  })

  it('a thread in memory is redacted in memory', async () => {
    const store = await open(path.join(scratch(), 'root'))
    const secret = newSecret()
    const id = await store.createThread({ ephemeral: true })
    await store.appendItems(id, [say(secret), say('hello')])
    expect((await store.redactItems(id, [1], 'asked for')).state).toBe('deleted')
    expect((await linesOf(store, id)).join()).not.toContain(secret)
    expect((await store.readThread(id))?.preview).toBe('hello')
  })

  it('a copy of its file in another folder, and temporaries made from it', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.checkpoint()
    const file = rolloutOf(root, thread)
    const elsewhere = path.join(root, 'sessions', '2020', '01', '02')
    mkdirSync(elsewhere, { recursive: true })
    copyFileSync(file, path.join(elsewhere, path.basename(file)))
    copyFileSync(file, `${file}.x.tmp`)
    await store.redactItems(thread, [2], 'asked for')
    expect(await filesWith(root, secret)).toEqual([])
    expect(rolloutsOf(root, thread)).toHaveLength(2)
  })

  it('another hard link keeps the text, and the receipt says so', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.checkpoint()
    const link = path.join(scratch(), 'link')
    linkSync(rolloutOf(root, thread), link)
    const { receipt } = await store.redactItems(thread, [2], 'asked for')
    expect(receipt?.outOfReach).toContain('other hard links to 1 of the files')
    expect(readFileSync(link).includes(secret)).toBe(true)
  })

  it('quarantined pieces that repeat the text go, and the others stay', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    const folder = path.join(root, '.cenotaph', 'quarantine')
    mkdirSync(folder, { recursive: true })
    const setAside = (name: string, owner: string, text: string): void => {
      const report = { owners: [owner], why: 'uncommitted-tail', at: 0 }
      writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(report))
      writeFileSync(path.join(folder, `${name}.bytes`), text)
    }
    setAside('a', thread, `{"torn":"${secret}`)
    setAside('b', thread, 'another fragment of it')
    const { quarantined } = await store.redactItems(thread, [2], 'asked for')
    expect(quarantined).toBe(1)
    expect(await filesWith(root, secret)).toEqual([])
    expect(readdirSync(folder).sort()).toEqual(['b.bytes', 'b.json'])
  })

  it('a message that was said to people and to the model is redacted in both lines', async () => {
    const secret = newSecret()
    const { root, store } = await withSecret(secret)
    await store.appendItems(thread, [said(secret), say(secret)])
    await store.redactItems(thread, [2, { from: 4, to: 5 }], 'asked for')
    expect(await filesWith(root, secret)).toEqual([])
  })
})
