// The same thread comes from elsewhere again: longer, the same, changed, or after it was deleted here. And what comes
// keeps its bytes: numbers that JavaScript cannot hold, spellings, unknown fields.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { RawJson } from '@cenotaph/core'
import { describe, expect, it } from 'vitest'
import { testId } from '../support/thread-ids.js'
import {
  crashCopy,
  foreignLine,
  foreignText,
  open,
  refusal,
  rolloutOf,
  say,
  scratch,
  textsOf,
  writeForeign,
} from './store.fixture.js'

const a = testId(1)
const source = { threadId: a, messages: ['one', 'two'] }

describe('a thread is imported again', () => {
  it('an exact continuation extends it, anything else leaves it alone, and the dead stay dead', async () => {
    const root = path.join(scratch(), 'root')
    const folder = path.join(scratch(), 'source')
    const text = foreignText(source)
    const store = await open(root)
    const import_ = async (content: string): Promise<string> => {
      writeForeign(folder, source, content)
      const { imported, skipped } = await store.importRollouts([folder])
      return imported.length > 0 ? 'imported' : skipped[0]!.reason
    }
    expect(await import_(text)).toBe('imported')
    expect(await import_(text)).toBe('unchanged')
    expect(await import_(text + foreignLine(3, 'three'))).toBe('imported')
    expect(await textsOf(store, a)).toEqual(['one', 'two', 'three'])
    expect(await import_(text)).toBe('unchanged')
    expect(await import_(text.replace('one', 'eno') + foreignLine(3, 'three'))).toBe('diverged')
    await store.appendItems(a, [say('ours')])
    expect(await import_(text + foreignLine(3, 'three') + foreignLine(4, 'theirs'))).toBe(
      'diverged',
    )
    expect(await textsOf(store, a)).toEqual(['one', 'two', 'three', 'ours'])
    await store.deleteThread(a)
    expect(await import_(text)).toBe('deleted')
    await refusal(store.readThread(a), 'THREAD_DELETED')
  })
})

describe('a payload is given as text', () => {
  it('every byte of it is stored, journaled, replayed and read', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: a, cwd: '/w' })
    const odd =
      '{"type":"message","role":"user","content":[],"n":12345678901234567890,"f":1.0,"f":2.50e3, "k" : null}'
    await store.appendItems(a, [{ type: 'response_item', payload: new RawJson(odd) }])
    const copy = crashCopy(root)
    const again = await open(copy)
    for (const file of [rolloutOf(root, a), rolloutOf(copy, a)]) {
      expect(readFileSync(file).toString()).toContain(`"payload":${odd}}\n`)
    }
    const lines: string[] = []
    for await (const { line } of again.listItems(a)) lines.push(Buffer.from(line).toString())
    expect(lines[1]).toContain(odd)
  })
})

describe('an append with a key is repeated', () => {
  it('after a crash it answers as before; with other items it is refused; the key dies with its thread', async () => {
    const root = path.join(scratch(), 'root')
    const store = await open(root)
    await store.createThread({ threadId: a, cwd: '/w' })
    const first = await store.appendItems(a, [say('one')], { idempotencyKey: 'k' })
    await store.appendItems(a, [say('two')])
    for (const checkpoint of [false, true]) {
      if (checkpoint) await store.checkpoint()
      const again = await open(crashCopy(root))
      expect(await again.appendItems(a, [say('one')], { idempotencyKey: 'k' })).toEqual(first)
      await refusal(
        again.appendItems(a, [say('eno')], { idempotencyKey: 'k' }),
        'IDEMPOTENCY_CONFLICT',
      )
      expect(await textsOf(again, a)).toEqual(['one', 'two'])
      await again.deleteThread(a)
      await refusal(again.appendItems(a, [say('one')], { idempotencyKey: 'k' }), 'THREAD_DELETED')
    }
  })
})
