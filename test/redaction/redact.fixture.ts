// What the tests of redaction share: a secret, and where it is.

import path from 'node:path'
import type { ThreadStore, ThreadStoreOptions } from '@cenotaph/core'
import { expect } from 'vitest'
import { Canaries, seededRandom } from '../support/canary.js'
import { scanRoot } from '../support/scan-root.js'
import { testId } from '../support/thread-ids.js'
import { open, say, scratch } from '../traps/store.fixture.js'

export const thread = testId(1)
export const fork = testId(2)

export const canaries = new Canaries(seededRandom(23))

/** 48 bytes that occur nowhere else. */
export const newSecret = (): string => canaries.next()

/** What a user said, as Codex tells people of it. */
export const said = (text: string) => ({
  type: 'event_msg',
  payload: {
    type: 'item_completed',
    turn_id: 'turn-1',
    item: { type: 'UserMessage', content: [{ type: 'text', text }] },
  },
})

/** A store with one thread: ordinal 1 a harmless line, 2 the secret, 3 a harmless line. */
export async function withSecret(
  secret: string,
  options: ThreadStoreOptions = {},
): Promise<{ root: string; store: ThreadStore }> {
  const root = path.join(scratch(), 'root')
  const store = await open(root, options)
  await store.createThread({ threadId: thread, cwd: '/work/here' })
  await store.appendItems(thread, [say('hello'), said(`the key is ${secret}, keep it`), say('bye')])
  return { root, store }
}

/** Files that hold a secret, as bytes or as records. */
export async function filesWith(root: string, secret: string): Promise<string[]> {
  const { found } = await scanRoot(root)
  return [...(found.get(secret.slice(0, 16)) ?? [])]
}

export async function linesOf(store: ThreadStore, threadId: string): Promise<string[]> {
  const lines: string[] = []
  for await (const item of store.listItems(threadId)) lines.push(Buffer.from(item.line).toString())
  return lines
}

/** The line reads redacted: skeleton and length stay, the text is gone. */
export function expectRedacted(line: string, before: string): void {
  expect(Buffer.byteLength(line)).toBe(Buffer.byteLength(before))
  const [now, then] = [JSON.parse(line), JSON.parse(before)]
  const { type, turn_id: turnId } = then.payload
  expect(now).toEqual({
    timestamp: then.timestamp,
    ordinal: then.ordinal,
    type: then.type,
    payload: { ...(type === undefined ? {} : { type }), ...(turnId ? { turn_id: turnId } : {}) },
  })
}
