// Whoever has the root, and guesses right what a deleted thread was called and held, cannot find out that he is right:
// no hash of a guess, salted with anything that is there or not, is in any file.

import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesBelow, open, say, scratch } from '../traps/store.fixture.js'
import { type IndexedBytes, indexOf } from './hashes-in.js'

const guesses = {
  name: 'the takeover of acme',
  cwd: '/home/someone/acme',
  prompt: 'what would happen if acme were bought',
  kind: 'goal',
  key: 'buy acme by spring',
  value: 'buy acme for nothing',
  idempotencyKey: 'append-acme-1',
}

/** What a guess may have looked like when it was hashed. */
function formsOf(): Buffer[] {
  const { name, cwd, prompt, kind, key, value, idempotencyKey } = guesses
  const texts = [
    ...Object.values(guesses),
    ...Object.values(guesses).map((text) => JSON.stringify(text)),
    JSON.stringify([kind, key]),
    `${kind}\0${key}`,
    JSON.stringify({ name }),
    JSON.stringify({ cwd }),
    JSON.stringify(say(prompt).payload),
    `response_item\0${JSON.stringify(say(prompt).payload)}\0`,
    JSON.stringify({ kind, key, value }),
    `${idempotencyKey}\0`,
  ]
  return texts.map((text) => Buffer.from(text))
}

const algorithms = ['sha256', 'sha1', 'md5', 'sha512'] as const

/** Unsalted, and salted with each of the given strings in the ways in which people do it. */
function* hashesOf(salts: readonly Buffer[]): Generator<Buffer> {
  for (const form of formsOf()) {
    for (const algorithm of algorithms) yield createHash(algorithm).update(form).digest()
    for (const salt of salts) {
      yield createHash('sha256').update(salt).update(form).digest()
      yield createHmac('sha256', salt).update(form).digest()
    }
  }
}

const read = (root: string): Buffer[] =>
  filesBelow(root)
    .filter((file) => path.basename(file) !== 'LOCK' && path.basename(file) !== 'ballast')
    .map((file) => readFileSync(file))

/** Strings of 16 and 32 bytes that stand in JSON, hex or base64, and the keys of LevelDB as well. */
function saltsIn(contents: readonly Buffer[]): Buffer[] {
  const salts = new Map<string, Buffer>()
  for (const content of contents) {
    const text = content.toString('latin1')
    for (const [hex] of text.matchAll(/[0-9a-f]{32,64}/g)) add(Buffer.from(hex, 'hex'))
    for (const [word] of text.matchAll(/[A-Za-z0-9+/]{22,44}={0,2}/g))
      add(Buffer.from(word, 'base64'))
  }
  return [...salts.values()]

  function add(bytes: Buffer): void {
    for (const length of [16, 32]) {
      if (bytes.length >= length)
        salts.set(bytes.toString('hex', 0, length), bytes.subarray(0, length))
    }
  }
}

/** Raw strings of 16 and 32 bytes at every offset: too many to try with every form, so with the shortest list. */
function* windows(contents: readonly Buffer[]): Generator<Buffer> {
  for (const content of contents)
    for (const length of [16, 32])
      for (let at = 0; at + length <= content.length; at += 1)
        yield content.subarray(at, at + length)
}

function matches(index: IndexedBytes, salts: readonly Buffer[]): string[] {
  const found: string[] = []
  for (const hash of hashesOf(salts)) if (index.has(hash)) found.push(hash.toString('hex'))
  return found
}

async function storeWithThread() {
  const root = path.join(scratch(), 'root')
  const store = await open(root)
  const other = await store.createThread({ cwd: '/somewhere/else', name: 'another one' })
  await store.appendItems(other, [say('something else')])
  const { name, cwd, prompt, kind, key, value, idempotencyKey } = guesses
  const id = await store.createThread({ name, cwd })
  const attachments = [{ kind, key, value }]
  await store.appendItems(id, [say(prompt)], { idempotencyKey, attachments })
  await store.checkpoint()
  return { root, store, id }
}

describe('after a delete', () => {
  it('no guess at a name, a path, a prompt or an attachment can be confirmed', async () => {
    const { root, store, id } = await storeWithThread()
    // While the thread lives its own values confirm a guess, so the test can find what there is to find.
    const before = read(root)
    const livingSalts = saltsIn(before)
    const index = indexOf(before)
    const rawSecret = await secretOf(store, id)
    expect(matches(index, [...livingSalts, ...rawSecret])).not.toEqual([])

    expect((await store.deleteThread(id)).state).toBe('deleted')
    await store.close()
    const after = read(root)
    expect(matches(indexOf(after), saltsIn(after))).toEqual([])
    const left = indexOf(after)
    const form = Buffer.from(JSON.stringify([guesses.kind, guesses.key]))
    const confirmed: string[] = []
    for (const salt of windows(after)) {
      for (const guess of [form, Buffer.from(guesses.cwd), Buffer.from(guesses.name)]) {
        const hash = createHmac('sha256', salt).update(guess).digest()
        if (left.has(hash)) confirmed.push(hash.toString('hex'))
      }
    }
    expect(confirmed).toEqual([])
  }, 120_000)
})

/** The secret of a thread's attachments, from LevelDB's log. */
async function secretOf(
  store: Awaited<ReturnType<typeof storeWithThread>>['store'],
  id: string,
): Promise<Buffer[]> {
  const { levelEntries } = await import('@cenotaph/journal')
  const { nodeDisk } = await import('@cenotaph/storage')
  const folder = path.join(store.root, '.cenotaph', 'level')
  const found: Buffer[] = []
  for (const file of filesBelow(folder)) {
    if (!/\.(log|ldb)$/.test(file)) continue
    for await (const { key, value } of levelEntries(nodeDisk, file))
      if (key === `t/${id}/secret` && value) found.push(Buffer.from(value.subarray(0, 32)))
  }
  return found
}
